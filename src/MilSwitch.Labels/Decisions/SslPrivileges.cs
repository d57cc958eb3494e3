using System.Collections.Immutable;
using System.Formats.Asn1;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>
/// <c>SSLPrivileges ::= SET OF SEQUENCE { tagSetName OBJECT IDENTIFIER, securityTagPrivileges SEQUENCE OF SecurityTagPrivilege }</c>: what
/// clearances of SDN.801c have where labels have StandardSecurityLabel.
/// </summary>
internal static class SslPrivileges
{
    public const string Syntax = "2.16.840.1.101.2.1.8.2";

    private const byte Restrictive = 0x81, Enumerated = 0xA2, Permissive = 0x86;

    /// <param name="octets">One element.</param>
    /// <param name="policy">Null: not known.</param>
    /// <returns>Default: numbers in it have no kind, or two; it is to be kept as octets, and grants nothing.</returns>
    /// <exception cref="LabelRefusedException">It is none.</exception>
    public static ImmutableArray<TagCategory> Read(ReadOnlyMemory<byte> octets, SecurityPolicy? policy) => LabelElement.Decode<ImmutableArray<TagCategory>>(
        octets.Span, "SSLPrivileges", (ref cursor) =>
        {
            var all = ImmutableArray.CreateBuilder<TagCategory>();
            var isKnown = true;
            var sets = cursor.Enter(LabelCursor.Set);
            while (sets.HasData)
            {
                var set = sets.Enter(LabelCursor.Sequence);
                var name = set.ReadIdentifier();
                var tags = set.Enter(LabelCursor.Sequence);
                set.End();
                while (tags.HasData)
                {
                    if (all.Count == LabelBounds.Categories) throw new LabelRefusedException(LabelFault.TooLarge, "more than 64 categories");
                    if (ReadTag(ref tags, name, policy) is { } tag) all.Add(tag);
                    else isKnown = false;
                }
            }

            return isKnown && all.Count > 0 ? all.DrainToImmutable() : default;
        });

    /// <exception cref="LabelRefusedException">An informative tag, for which there is no place.</exception>
    public static byte[] Encode(IReadOnlyCollection<TagCategory> tags)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSetOf())
        {
            foreach (var set in tags.GroupBy(tag => tag.TagSet))
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(set.Key);
                    using (writer.PushSequence())
                    {
                        foreach (var tag in set) WriteTag(writer, tag);
                    }
                }
            }
        }

        return writer.Encode();
    }

    private static TagCategory? ReadTag(ref LabelCursor tags, string set, SecurityPolicy? policy)
    {
        var kind = tags.Next;
        if (kind is Enumerated)
        {
            var values = CategoryReader.ReadValues(tags.Enter(Enumerated));
            return values.IsDefault || KindOf(set, policy) is not { } type ? null : new TagCategory(set, type, values) { Syntax = CategorySyntax.Missi };
        }

        var bits = kind & ~LabelBits.Constructed;
        if (bits is not (Restrictive or Permissive)) throw new AsnContentException();
        return new TagCategory(set, bits is Restrictive ? TagType.Restrictive : TagType.Permissive, [.. LabelBits.Read(tags.ReadElement())]) { Syntax = CategorySyntax.Missi };
    }

    // To take one kind for the other would grant what was not meant.
    private static TagType? KindOf(string set, SecurityPolicy? policy)
    {
        var isRestrictive = policy?.Tag(set, TagType.EnumeratedRestrictive) is not null;
        var isPermissive = policy?.Tag(set, TagType.EnumeratedPermissive) is not null;
        return isRestrictive == isPermissive ? null : isRestrictive ? TagType.EnumeratedRestrictive : TagType.EnumeratedPermissive;
    }

    private static void WriteTag(AsnWriter writer, TagCategory tag)
    {
        if (tag.Type.IsInformative()) throw new LabelRefusedException(LabelFault.Malformed, "SSLPrivileges has no informative tags");
        if (tag.Type.IsBitMap())
        {
            LabelBits.Write(writer, tag.Values, new Asn1Tag(TagClass.ContextSpecific, tag.Type is TagType.Restrictive ? 1 : 6));
            return;
        }

        using (writer.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, 2)))
        {
            foreach (var value in tag.Values) writer.WriteInteger(value);
        }
    }
}
