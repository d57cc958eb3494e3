using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Runtime.InteropServices;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// <c>MissiSecurityCategories ::= CHOICE { lrbacInfo SEQUENCE, prbacSecurityCategories StandardSecurityLabel }</c> with
/// <c>StandardSecurityLabel ::= SET OF SEQUENCE { tagSetName OBJECT IDENTIFIER, securityTags SEQUENCE OF SecurityTag }</c> (SDN.801c). What the
/// model can't give back octet by octet stays as it is.
/// </summary>
internal static class MissiReader
{
    private const byte Restrictive = 0xA1, Enumerated = 0xA2, Permissive = 0xA6, FreeForm = 0xA7;

    /// <returns>False: nothing was added; it is to be kept as octets.</returns>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static bool TryRead(LabelCursor value, ImmutableArray<LabelCategory>.Builder all)
    {
        // Local rules (lrbacInfo) are for those to know who made them.
        if (value.Next is LabelCursor.Sequence) return false;
        var sets = value.Enter(LabelCursor.Set);
        value.End();
        var before = all.Count;
        var isKept = sets.HasData;
        while (sets.HasData)
        {
            var set = sets.Enter(LabelCursor.Sequence);
            var name = set.ReadIdentifier();
            var tags = set.Enter(LabelCursor.Sequence);
            set.End();
            // The model has no place for a set without tags, nor for one in two parts.
            isKept &= tags.HasData && !Has(all, before, name);
            while (tags.HasData)
            {
                if (ReadTag(ref tags, name) is { } category) CategoryReader.Add(all, category);
                else isKept = false;
            }
        }

        // Two StandardSecurityLabels would come back as one.
        for (var i = 0; i < before; i++) isKept &= all[i] is not TagCategory { Syntax: CategorySyntax.Missi };
        if (!isKept) all.Count = before;
        return isKept;
    }

    private static bool Has(ImmutableArray<LabelCategory>.Builder all, int from, string tagSet)
    {
        for (var i = from; i < all.Count; i++)
        {
            if (all[i] is TagCategory category && category.TagSet == tagSet) return true;
        }

        return false;
    }

    private static TagCategory? ReadTag(ref LabelCursor tags, string tagSet)
    {
        var kind = tags.Next;
        if (kind is not (Restrictive or Enumerated or Permissive or FreeForm)) throw new AsnContentException();
        var tag = tags.Enter(kind);
        int? level = null;
        if (kind is not FreeForm && tag.Next is LabelCursor.Integer)
        {
            level = tag.ReadNatural();
        }

        // Only the policy knows whether numbers are restrictive or permissive: until it is asked, the strict reading stands.
        var isList = kind is Enumerated || (kind is FreeForm && tag.Next is LabelCursor.Set);
        var type = kind switch { Restrictive => TagType.Restrictive, Permissive => TagType.Permissive, Enumerated => TagType.EnumeratedRestrictive, _ => isList ? TagType.InformativeValues : TagType.InformativeBits };
        var width = 0;
        var values = isList ? CategoryReader.ReadValues(tag.Enter(LabelCursor.Set)) : ImmutableCollectionsMarshal.AsImmutableArray(tag.ReadBits(out width));
        tag.End();
        return values.IsDefault || level < 0 ? null : new TagCategory(tagSet, type, values) { Syntax = CategorySyntax.Missi, Width = width, SecurityLevel = level };
    }
}
