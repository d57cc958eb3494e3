using System.Collections.Immutable;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// The signatures of a message in the order in which they must have been made: what is inside before what is around it, each before
/// the countersignatures on it, those beside one another by the times that they claim. Which role each has is what it and the header claim, so a role counts for no more than the verdict
/// beside it. Pure.
/// </summary>
internal static class SignatureOrder
{
    /// <summary>In From or Sender, and wrote it.</summary>
    public const string Drafter = "drafter";

    /// <summary>Reviewed it (RFC 3183 §3.1), or countersigned it.</summary>
    public const string Reviewer = "reviewer";

    /// <summary>Named in MMHS-Authorizing-Users (RFC 7912).</summary>
    public const string Releaser = "releaser";

    /// <summary>A domain's (RFC 3183 §3.2).</summary>
    public const string Domain = "domain";

    /// <summary>Added attributes (RFC 3183 §3.3).</summary>
    public const string Attribute = "attribute";

    /// <summary>A mailing list agent's (RFC 2634 §4).</summary>
    public const string List = "list";

    /// <summary>Signed in a role that nothing in the message gives it.</summary>
    public const string Other = "other";

    /// <summary>Whose it is can't be seen.</summary>
    public const string Unknown = "unknown";

    /// <param name="layers">Signatures at the root, outermost first.</param>
    /// <param name="sender">Whom the message shows as its sender.</param>
    /// <param name="authorizers">Addresses in MMHS-Authorizing-Users.</param>
    /// <returns>The first that was made comes first.</returns>
    public static ImmutableArray<PlacedSignature> Of(IEnumerable<LayerFinding> layers, SenderFields sender, IEnumerable<string> authorizers)
    {
        var authors = sender.From.Select(f => f.Address).Append(sender.Sender?.Address).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        var releasers = authorizers.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var all = ImmutableArray.CreateBuilder<PlacedSignature>();
        ImmutableArray<int> inside = [];
        foreach (var layer in layers.Reverse())
        {
            var own = ImmutableArray.CreateBuilder<int>();
            foreach (var signer in InTime(layer.Signers))
            {
                own.Add(all.Count + 1);
                Add(signer, 0, inside);
            }

            if (own.Count > 0) inside = own.ToImmutable();
        }

        return all.ToImmutable();

        // Recursion ends at CmsBounds.Countersignatures.
        void Add(SignerFinding signer, int depth, ImmutableArray<int> covers)
        {
            var number = all.Count + 1;
            all.Add(new PlacedSignature(signer, number, RoleOf(signer, depth, authors, releasers), depth, covers));
            foreach (var countersigner in InTime(signer.Countersigners)) Add(countersigner, depth + 1, [number]);
        }
    }

    // Signatures beside one another are a set (RFC 5652 §5.3) and have no order but the times that they claim.
    private static IOrderedEnumerable<SignerFinding> InTime(ImmutableArray<SignerFinding> beside) =>
        beside.OrderBy(s => SigningTime.Read(s.Info.SignedAttributes.Value(AttributeTypes.SigningTime)) ?? DateTimeOffset.MaxValue);

    /// <summary>Of a signature that is about a part of a message, where From and MMHS-Authorizing-Users say nothing of it.</summary>
    public static string RoleOf(SignerFinding signer, int depth) => RoleOf(signer, depth, [], []);

    private static string RoleOf(SignerFinding signer, int depth, HashSet<string> authors, HashSet<string> releasers)
    {
        var addresses = signer.Certificate?.MailAddresses ?? [];
        if (signer.Info.SignedAttributes.CountOf(AttributeTypes.SignatureType) > 0)
        {
            switch (LayerReports.Types(signer.Info))
            {
                case [SignatureType.Domain]:
                    return Domain;
                case [SignatureType.AdditionalAttributes]:
                    return Attribute;
                case [SignatureType.Review]:
                    return addresses.Any(releasers.Contains) ? Releaser : Reviewer;
                case not [SignatureType.Originator]:
                    return Unknown;
            }
        }
        else if (signer.Info.SignedAttributes.CountOf(AttributeTypes.MlExpansionHistory) > 0)
        {
            return List;
        }

        if (signer.Certificate is null) return Unknown;
        // Who wrote a message and may release it does both with one signature (RFC 7912 §3.2).
        if (addresses.Any(releasers.Contains)) return Releaser;
        if (addresses.Any(authors.Contains)) return Drafter;
        return depth > 0 ? Reviewer : Other;
    }
}

/// <summary>One signature in its place. Immutable.</summary>
/// <param name="Signer">Judged.</param>
/// <param name="Number">From 1: the first that was made.</param>
/// <param name="Role">One of the words of <see cref="SignatureOrder"/>.</param>
/// <param name="Depth">0: a signature; 1 and more: a countersignature.</param>
/// <param name="Covers">Numbers of the signatures that this one is directly on or around; none: it is the innermost.</param>
internal sealed record PlacedSignature(SignerFinding Signer, int Number, string Role, int Depth, ImmutableArray<int> Covers)
{
    /// <summary>In a few words, for records: number, role, whose and what it came to.</summary>
    public string Told => $"{Number} {Role} {Who}: {(Signer.IsGood ? "valid" : string.Join(' ', Signer.Reasons.Select(r => r.Text())))}";

    private string Who => Signer.Certificate is { } certificate ? certificate.MailAddresses.FirstOrDefault() ?? certificate.Subject.ToString() : "whose certificate is not at hand";
}
