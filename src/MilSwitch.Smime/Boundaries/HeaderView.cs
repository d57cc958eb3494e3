using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Mime;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Boundaries;

/// <summary>
/// The header of a message as its layers protect it. Each may do so: in a triple wrap the outer signature protects what stands
/// outside and the payload what was hidden; around an originator's message the domain's signature may be the only one that
/// protects any (RFC 9788 §4). The copy nearest to the content counts; the outer fields are compared with all. Immutable.
/// </summary>
internal sealed class HeaderView
{
    private HeaderView(ProtectedHeaders header, MimeEntity? source) => (Header, Source) = (header, source);

    /// <summary>By the copy nearest to the content.</summary>
    public ProtectedHeaders Header { get; }

    /// <summary>What carries that copy; null: nothing, or a signed attribute.</summary>
    public MimeEntity? Source { get; }

    public bool IsProtected => Header.Scheme is not ProtectionScheme.None;

    public ImmutableArray<HeaderDifference> Differences { get; private init; } = [];

    /// <summary>Reads the copies.</summary>
    /// <param name="root">The message.</param>
    /// <param name="layers">Those at the root that count, outermost first.</param>
    /// <param name="inside">What the last of them holds; null: it is not at hand.</param>
    /// <param name="holds">Whether a signature protects what it covers.</param>
    public static HeaderView Read(MimeEntity root, ImmutableArray<(Layer Layer, LayerFinding Finding)> layers, MimeEntity? inside, Func<LayerFinding, bool> holds)
    {
        (ProtectedHeaders Header, MimeEntity? Source)? nearest = null;
        SortedDictionary<string, DifferenceWeight>? differences = null;
        bool isSigned = false, isEncrypted = false;
        for (var i = 0; i < layers.Length; i++)
        {
            var finding = layers[i].Finding;
            var isSignature = finding.IsSignature && holds(finding);
            isSigned |= isSignature;
            isEncrypted |= finding.IsOpened;
            if ((i + 1 < layers.Length ? layers[i + 1].Layer.Entity : inside) is not { } covered) continue;
            if (ProtectedHeaders.TryRead(root.Fields, covered, isSigned, isEncrypted, isSignature ? Secured(finding) : default) is not { } header) continue;
            nearest = (header, header.Scheme switch { ProtectionScheme.Rfc7508 => null, ProtectionScheme.Rfc8551 => covered.Parts[0], _ => covered });
            foreach (var field in header.Fields)
            {
                if (HeaderDifferences.Weigh(field) is not { } weight) continue;
                differences ??= new(StringComparer.OrdinalIgnoreCase);
                if (!differences.TryGetValue(field.Name, out var known) || known < weight) differences[field.Name] = weight;
            }
        }

        return new HeaderView(nearest?.Header ?? ProtectedHeaders.Unprotected(root.Fields), nearest?.Source)
        {
            Differences = differences is null ? [] : [.. differences.Select(d => new HeaderDifference(d.Key, d.Value))],
        };
    }

    /// <summary>Addresses in the protected To, Cc and Bcc; a list that can't be read has none. Default: nothing protects them.</summary>
    public ImmutableArray<string> Recipients()
    {
        if (!IsProtected) return default;
        var all = ImmutableArray.CreateBuilder<string>();
        foreach (var field in Header.Fields)
        {
            if (field.Protected is { } value && IsRecipients(field.Name) && MailboxList.TryRead(value, out var mailboxes))
                all.AddRange(mailboxes.Select(m => m.Text));
        }

        return [.. all.Distinct(StringComparer.Ordinal)];
    }

    private static bool IsRecipients(string name) =>
        name.Equals("To", StringComparison.OrdinalIgnoreCase) || name.Equals("Cc", StringComparison.OrdinalIgnoreCase) || name.Equals("Bcc", StringComparison.OrdinalIgnoreCase);

    /// <summary>The level in the protected MMHS-Primary-Precedence, else in the protected MT-Priority; null: there is none that can be read.</summary>
    public Precedence? Precedence()
    {
        if (Header.Protected("MMHS-Primary-Precedence") is { } primary && MmhsReader.TryReadPrecedence(Encoding.UTF8.GetBytes(primary), out var number)) return number.Named;
        return Header.Protected("MT-Priority") is { } priority && MtPriorityField.TryParse(Encoding.UTF8.GetBytes(priority), out var value) ? value.ToPrecedence() : null;
    }

    // RFC 7508 §4.1, of signers that are believed.
    private static ImmutableArray<SecureHeaderField> Secured(LayerFinding finding)
    {
        foreach (var signer in finding.Signers)
        {
            if (signer.IsGood && LayerReports.Value(signer.Info.SignedAttributes, AttributeTypes.SecureHeaderFields, SecureHeaderFields.Read) is { } secured) return [.. secured.Fields];
        }

        return default;
    }
}
