using System.Formats.Asn1;
using System.Text;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>ESSSecurityLabel ::= SET { security-policy-identifier SecurityPolicyIdentifier, security-classification
/// SecurityClassification OPTIONAL, privacy-mark ESSPrivacyMark OPTIONAL, security-categories SecurityCategories OPTIONAL }</c>
/// (RFC 2634 §3.2). What it means is for the policy to say. Immutable.
/// </summary>
public sealed record EssSecurityLabel
{
    private const int Categories64 = 64;
    private const int Classification256 = 256;
    private const int PrintableLength = 128;

    // RFC 2634 leaves UTF8String without an end; a marking is never longer than this.
    private const int Utf8Length = 1_024;

    /// <summary>Security policy, dotted.</summary>
    public required string Policy { get; init; }

    /// <summary>0 to 256; null: absent.</summary>
    public int? Classification { get; init; }

    /// <summary>Null: absent. Printable characters go out as PrintableString, others and long ones as UTF8String.</summary>
    public string? PrivacyMark { get; init; }

    public IReadOnlyList<SecurityCategory> Categories { get; init; } = [];

    /// <exception cref="CmsFormatException">It is no label.</exception>
    public static EssSecurityLabel Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "ESSSecurityLabel", Read);

    public byte[] Encode() => EssValue.Encode(Write);

    public bool Equals(EssSecurityLabel? other) => other is not null && Policy == other.Policy && Classification == other.Classification
        && PrivacyMark == other.PrivacyMark && Categories.Count == other.Categories.Count && Categories.All(other.Categories.Contains);

    public override int GetHashCode() => HashCode.Combine(Policy, Classification, PrivacyMark, Categories.Count);

    // A SET: its members come in any order, each once.
    internal static EssSecurityLabel Read(AsnReader reader)
    {
        var set = reader.ReadSetOf(skipSortOrderValidation: true);
        string? policy = null, mark = null;
        int? classification = null;
        List<SecurityCategory>? categories = null;
        while (set.HasData)
        {
            var tag = set.PeekTag();
            if (tag.TagClass is not TagClass.Universal) throw new AsnContentException();
            switch ((UniversalTagNumber)tag.TagValue)
            {
                case UniversalTagNumber.ObjectIdentifier when policy is null:
                    policy = set.ReadObjectIdentifier();
                    break;
                case UniversalTagNumber.Integer when classification is null:
                    classification = set.TryReadInt32(out var value) && value is >= 0 and <= Classification256 ? value : throw new AsnContentException();
                    break;
                case UniversalTagNumber.PrintableString when mark is null:
                    mark = set.ReadCharacterString(UniversalTagNumber.PrintableString);
                    if (mark.Length is 0 or > PrintableLength) throw new AsnContentException();
                    break;
                case UniversalTagNumber.UTF8String when mark is null:
                    mark = set.ReadCharacterString(UniversalTagNumber.UTF8String);
                    if (mark.Length is 0 or > Utf8Length) throw new AsnContentException();
                    break;
                case UniversalTagNumber.Set when categories is null:
                    categories = EssValue.Many(set.ReadSetOf(skipSortOrderValidation: true), 1, Categories64, SecurityCategory.Read);
                    break;
                default:
                    throw new AsnContentException();
            }
        }

        return new EssSecurityLabel { Policy = policy ?? throw new AsnContentException(), Classification = classification, PrivacyMark = mark, Categories = categories ?? [] };
    }

    // X.690 §10.3: members of a SET in the order of their tags: INTEGER, OBJECT IDENTIFIER, UTF8String, SET, PrintableString.
    internal void Write(AsnWriter writer)
    {
        if (Classification is < 0 or > Classification256) throw new InvalidOperationException("a classification is from 0 to 256 (RFC 2634 §3.2)");
        if (Categories.Count > Categories64) throw new InvalidOperationException("a label has at most 64 categories (RFC 2634 §3.2)");
        if (PrivacyMark is { Length: 0 or > Utf8Length }) throw new InvalidOperationException("a privacy mark has from 1 to 1024 characters");
        var printable = PrivacyMark is not null && PrivacyMark.Length <= PrintableLength && IsPrintable(PrivacyMark);
        // PushSetOf sorts by octets, which is another order: a sequence keeps ours, and takes the tag of SET after.
        var members = EssValue.Encode(w =>
        {
            using (w.PushSequence())
            {
                if (Classification is { } classification) w.WriteInteger(classification);
                w.WriteObjectIdentifier(Policy);
                if (PrivacyMark is not null && !printable) w.WriteCharacterString(UniversalTagNumber.UTF8String, PrivacyMark);
                if (Categories.Count > 0)
                {
                    using (w.PushSetOf())
                    {
                        foreach (var category in Categories) category.Write(w);
                    }
                }

                if (printable) w.WriteCharacterString(UniversalTagNumber.PrintableString, PrivacyMark!);
            }
        });
        members[0] = 0x31;
        writer.WriteEncodedValue(members);
    }

    private static bool IsPrintable(string text) => Ascii.IsValid(text) && text.All(c => char.IsAsciiLetterOrDigit(c) || " '()+,-./:=?".Contains(c, StringComparison.Ordinal));
}
