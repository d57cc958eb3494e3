using System.Collections.Immutable;
using MilSwitch.Mime;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Headers;

/// <summary>A message's header as its protection says it is, in one form for all schemes. Immutable.</summary>
/// <param name="Scheme">How it is protected.</param>
/// <param name="Fields">Protected fields in their order, then those that are only outside.</param>
/// <param name="FromMismatch">
/// The addr-specs of From differ outside and inside, or can't be compared (RFC 9788 §4.4.1.1). Without a good signature that
/// is bound to the protected address this is spoofing; a switch blocks it.
/// </param>
public sealed record ProtectedHeaders(ProtectionScheme Scheme, ImmutableArray<ProtectedField> Fields, bool FromMismatch)
{
    /// <summary>The worst of all fields.</summary>
    public HeaderMismatch Mismatch => Fields.Length is 0 ? HeaderMismatch.None : Fields.Max(f => f.Mismatch);

    /// <summary>The only value of a protected field; null when it is not there, or more than once.</summary>
    public string? Protected(string name)
    {
        string? only = null;
        foreach (var field in Fields)
        {
            if (field.Protected is null || !field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
            if (only is not null) return null;
            only = field.Protected;
        }

        return only;
    }

    /// <summary>Compares the outer header with what is protected.</summary>
    /// <param name="outer">The message's own header.</param>
    /// <param name="payload">The Cryptographic Payload, or what an outer signature covers when that is to be compared; null when there is none.</param>
    /// <param name="isSigned">A signature over the payload is good.</param>
    /// <param name="isEncrypted">A layer around the payload encrypts it.</param>
    /// <param name="secureFields">Of a good signature's SecureHeaderFields attribute (RFC 7508); empty when there is none.</param>
    public static ProtectedHeaders Read(HeaderBlock outer, MimeEntity? payload, bool isSigned, bool isEncrypted, ImmutableArray<SecureHeaderField> secureFields = default) =>
        Read(HeaderText.Read(outer), payload, isSigned, isEncrypted, secureFields);

    /// <inheritdoc cref="Read(HeaderBlock, MimeEntity?, bool, bool, ImmutableArray{SecureHeaderField})"/>
    public static ProtectedHeaders Read(IReadOnlyList<HeaderText> outer, MimeEntity? payload, bool isSigned, bool isEncrypted, ImmutableArray<SecureHeaderField> secureFields = default) =>
        TryRead(outer, payload, isSigned, isEncrypted, secureFields) ?? Unprotected(outer);

    /// <summary>As <see cref="Read(IReadOnlyList{HeaderText}, MimeEntity?, bool, bool, ImmutableArray{SecureHeaderField})"/>; null: nothing protects the header.</summary>
    internal static ProtectedHeaders? TryRead(IReadOnlyList<HeaderText> outer, MimeEntity? payload, bool isSigned, bool isEncrypted, ImmutableArray<SecureHeaderField> secureFields = default)
    {
        var (scheme, source) = payload is null ? (ProtectionScheme.None, null) : Identify(payload);
        // Nothing around it: a parameter alone protects nothing.
        if (!isSigned && !isEncrypted) scheme = ProtectionScheme.None;
        if (scheme is ProtectionScheme.None)
        {
            return secureFields.IsDefaultOrEmpty || !isSigned
                ? null
                : Compare(ProtectionScheme.Rfc7508, outer, [.. secureFields.Select(f => Inner(f, isEncrypted))], isSigned);
        }

        var inside = source!.Fields;
        // RFC 9788 §2.2: only in what is encrypted, and marked so by who composed it.
        var isCipher = isEncrypted && (scheme is not ProtectionScheme.Rfc9788 || payload!.MediaType.Parameter("hp") is "cipher");
        var intended = scheme is ProtectionScheme.Rfc9788 && isCipher ? HpOuter(inside) : null;
        var fields = new List<InnerField>(inside.Count);
        foreach (var field in inside)
        {
            if (FieldNames.IsStructural(field.Name) || field.IsNamed(FieldNames.HpOuter)) continue;
            fields.Add(intended is null ? new InnerField(field, null, isCipher) : Intend(field, intended));
        }

        return Compare(scheme, outer, fields, isSigned);
    }

    /// <summary>A header that nothing protects.</summary>
    internal static ProtectedHeaders Unprotected(IReadOnlyList<HeaderText> outer) => new(
        ProtectionScheme.None,
        [.. outer.Where(f => !FieldNames.IsStructural(f.Name)).Select(f => new ProtectedField(f.Name, f.Value, null, FieldProtection.Unprotected, HeaderMismatch.None))],
        false);

    // RFC 9788 §4.1 and §4.10.1.
    private static (ProtectionScheme Scheme, MimeEntity? Source) Identify(MimeEntity payload)
    {
        if (payload.MediaType.Parameter("hp") is "clear" or "cipher") return (ProtectionScheme.Rfc9788, payload);
        if (payload.MediaType.IsMessage && payload.Parts is [var message] && SmimePart.Recognise(message) is null
            && payload.MediaType.Parameter("hp") is null && message.MediaType.Parameter("hp") is null)
            return (ProtectionScheme.Rfc8551, message);
        return payload.MediaType.Parameter("protected-headers") is "v1" ? (ProtectionScheme.ProtectedHeadersV1, payload) : (ProtectionScheme.None, null);
    }

    // RFC 9788 §4.2.1.
    private static List<HeaderText> HpOuter(IReadOnlyList<HeaderText> inside)
    {
        var intended = new List<HeaderText>();
        foreach (var field in inside)
        {
            if (!field.IsNamed(FieldNames.HpOuter)) continue;
            var colon = field.Value.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) intended.Add(new HeaderText(field.Value[..colon].TrimEnd(), field.Value[(colon + 1)..].Trim(' ', '\t')));
        }

        return intended;
    }

    // What stands for it is taken from the list.
    private static InnerField Intend(HeaderText field, List<HeaderText> intended)
    {
        // RFC 9788 §4.3.1 step 6: the same name and value outside means that it is no secret.
        var same = Find(intended, field.Name, field.Value);
        var at = same >= 0 ? same : Find(intended, field.Name);
        var inner = new InnerField(field, at < 0 ? new Expected(null) : new Expected(intended[at].Value), same < 0);
        if (at >= 0) intended.RemoveAt(at);
        return inner;
    }

    // The first of a name, and of a value where one is given; -1: there is none.
    private static int Find(List<HeaderText> fields, string name, string? value = null)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].IsNamed(name) && (value is null || HeaderText.SameValue(fields[i].Value, value))) return i;
        }

        return -1;
    }

    // RFC 7508 §4.5.2 (3): the agent that decrypts may have restored it already.
    private static InnerField Inner(SecureHeaderField field, bool isEncrypted) => field.Status switch
    {
        SecureHeaderFieldStatus.Duplicated => new InnerField(new(field.Name, field.Value), new Expected(field.Value), false),
        SecureHeaderFieldStatus.Deleted when isEncrypted => new InnerField(new(field.Name, field.Value), new Expected(null), true),
        _ => new InnerField(new(field.Name, field.Value), isEncrypted ? null : new Expected(field.Value), isEncrypted),
    };

    private static ProtectedHeaders Compare(ProtectionScheme scheme, IReadOnlyList<HeaderText> outer, List<InnerField> inside, bool isSigned)
    {
        var left = new List<HeaderText>(outer.Count);
        foreach (var field in outer)
        {
            if (!FieldNames.IsStructural(field.Name)) left.Add(field);
        }

        var isOtherFrom = IsOtherFrom(left, inside);
        var fields = ImmutableArray.CreateBuilder<ProtectedField>(left.Count + inside.Count);
        foreach (var (field, expected, mayHide) in inside)
        {
            // Of several fields of a name the one that agrees, else the next.
            var at = Find(left, field.Name, expected is null ? field.Value : expected.Value ?? "");
            if (at < 0) at = Find(left, field.Name);
            var value = at < 0 ? null : left[at].Value;
            if (at >= 0) left.RemoveAt(at);
            // Where nobody says what was put outside, a value that differs is taken for hidden (RFC 9788 §4.10.2).
            var isHidden = mayHide && (expected is not null || value is null || !HeaderText.SameValue(value, field.Value));
            var isExpected = expected is null
                ? mayHide ? value is null || MayStandFor(field, value) : value is not null && HeaderText.SameValue(value, field.Value)
                : expected.Value is null ? value is null : value is not null && HeaderText.SameValue(value, expected.Value);
            var protection = isHidden
                ? isSigned ? FieldProtection.SignedAndEncrypted : FieldProtection.Encrypted
                : isSigned ? FieldProtection.Signed : FieldProtection.Unprotected;
            fields.Add(new ProtectedField(field.Name, value, field.Value, protection, isExpected ? HeaderMismatch.None : FieldNames.Severity(field.Name)));
        }

        foreach (var field in left)
            fields.Add(new ProtectedField(field.Name, field.Value, null, FieldProtection.Unprotected, FieldNames.IsComposers(field.Name) && scheme is not ProtectionScheme.Rfc7508 ? FieldNames.Severity(field.Name) : HeaderMismatch.None));
        return new ProtectedHeaders(scheme, fields.ToImmutable(), isOtherFrom);
    }

    // An outer value that hides, rather than says something else: other text for what is only read, the same addresses, the same moment.
    private static bool MayStandFor(HeaderText field, string outer)
    {
        if (HeaderText.SameValue(field.Value, outer)) return true;
        if (field.IsNamed("Date")) return HeaderConfidentialityPolicy.TryDate(field.Value, out var one) && HeaderConfidentialityPolicy.TryDate(outer, out var other) && one == other;
        if (field.IsNamed("Subject")) return outer is "..." or "[...]" or "Encrypted Message";
        if (field.IsNamed("MMHS-Message-Type")) return outer.Length > 0 && field.Value.StartsWith(outer + ";", StringComparison.Ordinal);
        return FieldNames.Severity(field.Name) is HeaderMismatch.Blocking && SameMailboxes(field.Value, outer);
    }

    private static bool IsOtherFrom(List<HeaderText> outside, List<InnerField> inside)
    {
        string? one = null, other = null;
        var (ours, theirs) = (0, 0);
        foreach (var (field, _, _) in inside)
        {
            if (field.IsNamed("From")) (one, ours) = (field.Value, ours + 1);
        }

        if (ours is 0) return false;
        foreach (var field in outside)
        {
            if (field.IsNamed("From")) (other, theirs) = (field.Value, theirs + 1);
        }

        return !(ours is 1 && theirs is 1 && SameMailboxes(one!, other!));
    }

    private static bool SameMailboxes(string one, string other) =>
        MailboxList.TryRead(one, out var a) && (one == other || (MailboxList.TryRead(other, out var b) && a.Length == b.Length && a.Zip(b).All(p => MailboxList.Match(p.First, p.Second))));

    // What a field should be outside; null: nobody said.
    private sealed record Expected(string? Value);

    private readonly record struct InnerField(HeaderText Field, Expected? Expected, bool MayHide);
}
