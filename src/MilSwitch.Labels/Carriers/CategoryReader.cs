using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Runtime.InteropServices;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// <c>SecurityCategories ::= SET SIZE (1..64) OF SEQUENCE { type [0] OBJECT IDENTIFIER, value [1] ANY DEFINED BY type }</c> of labels and
/// clearances (RFC 2634 §3.2, RFC 5755 §4.4.6). The type and value of a syntax that is not known stand as they are.
/// </summary>
internal static class CategoryReader
{
    private const byte Type = 0x80, Value = 0xA1;

    /// <param name="categories">Inside the set.</param>
    /// <exception cref="AsnContentException">They are none.</exception>
    /// <exception cref="LabelRefusedException">They are none that is taken.</exception>
    public static ImmutableArray<LabelCategory> Read(LabelCursor categories)
    {
        _ = categories.Next;
        var all = ImmutableArray.CreateBuilder<LabelCategory>(16);
        List<TagCategory>? texts = null;
        var elements = 0;
        while (categories.HasData)
        {
            _ = categories.Next;
            if (++elements > LabelBounds.Categories) throw TooMany();
            var category = categories.Enter(LabelCursor.Sequence);
            var syntax = category.ReadIdentifierOctets(Type);
            var value = category.Enter(Value);
            category.End();
            if (CategorySyntaxes.TypeOfTexts(syntax) is { } type) (texts ??= []).Add(Texts(value, type));
            else if (!TryRead(syntax, value, all)) all.Add(new UnknownCategory(IdentifierTexts.Of(syntax), OneElement(value)));
        }

        if (texts is not null) Join(all, texts);
        if (all.Count > LabelBounds.Categories) throw TooMany();
        return all.DrainToImmutable();
    }

    /// <summary>Adds a category, each tag of a tag set once.</summary>
    public static void Add(ImmutableArray<LabelCategory>.Builder all, TagCategory category)
    {
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is TagCategory other && other.Type == category.Type && other.TagSet == category.TagSet) throw new LabelRefusedException(LabelFault.Duplicate, "the same tag of a tag set twice");
        }

        if (all.Count == LabelBounds.Categories) throw TooMany();
        all.Add(category);
    }

    /// <summary><c>SET OF SecurityAttribute</c>; default: a number in it is beyond what the model keeps.</summary>
    public static ImmutableArray<int> ReadValues(LabelCursor list)
    {
        if (list.Length / 3 > LabelBounds.Values) throw new LabelRefusedException(LabelFault.TooLarge, "a category has more values than are allowed");
        // An integer has 3 octets or more.
        var values = new int[list.Length / 3];
        var count = 0;
        var isKept = true;
        while (list.HasData)
        {
            var value = list.ReadNatural();
            if (value < 0) isKept = false;
            else values[count++] = value;
        }

        return !isKept ? default : ImmutableCollectionsMarshal.AsImmutableArray(count == values.Length ? values : values[..count]);
    }

    // False: it is for the octets to say.
    private static bool TryRead(ReadOnlySpan<byte> syntax, LabelCursor value, ImmutableArray<LabelCategory>.Builder all)
    {
        var arc = CategorySyntaxes.Acp145Arc(syntax);
        if (arc < 0) return CategorySyntaxes.IsMissi(syntax) && MissiReader.TryRead(value, all);
        var tag = value.Enter(LabelCursor.Sequence);
        value.End();
        var tagSet = tag.ReadIdentifier();
        var type = arc switch { 0 => TagType.Restrictive, 1 => TagType.EnumeratedPermissive, 2 => TagType.Permissive, 4 => TagType.EnumeratedRestrictive, _ => InformativeType(tag) };
        var category = type.IsBitMap() ? Bits(ref tag, tagSet, type) : Listed(ref tag, tagSet, type);
        tag.End();
        if (category is null) return false;
        Add(all, category);
        return true;
    }

    private static TagCategory Texts(LabelCursor value, TagType type)
    {
        var tag = value.Enter(LabelCursor.Sequence);
        value.End();
        var tagSet = tag.ReadIdentifier();
        var list = tag.Enter(LabelCursor.Set);
        tag.End();
        var texts = ImmutableArray.CreateBuilder<string>();
        while (list.HasData)
        {
            if (texts.Count == LabelBounds.Values) throw new LabelRefusedException(LabelFault.TooLarge, "a category has more values than are allowed");
            texts.Add(list.ReadText(LabelCursor.Utf8String));
        }

        // It is there for its texts: without one, nobody knows what it would say.
        return texts.Count is 0 ? throw new AsnContentException() : new TagCategory(tagSet, type, []) { Texts = texts.DrainToImmutable() };
    }

    // Numbers and texts of one tag come apart, and are one.
    private static void Join(ImmutableArray<LabelCategory>.Builder all, List<TagCategory> texts)
    {
        for (var i = 0; i < texts.Count; i++)
        {
            var category = texts[i];
            if (texts.FindIndex(t => t.Type == category.Type && t.TagSet == category.TagSet) < i) throw new LabelRefusedException(LabelFault.Duplicate, "the same tag of a tag set twice");
            var with = -1;
            for (var j = 0; j < all.Count && with < 0; j++)
            {
                if (all[j] is TagCategory { Texts.IsEmpty: true } numbers && numbers.Type == category.Type && numbers.TagSet == category.TagSet) with = j;
            }

            if (with >= 0) all[with] = (TagCategory)all[with] with { Texts = category.Texts };
            else Add(all, category);
        }
    }

    private static TagType InformativeType(LabelCursor tag) => tag.Next is LabelCursor.Set ? TagType.InformativeValues : TagType.InformativeBits;

    private static TagCategory Bits(ref LabelCursor tag, string tagSet, TagType type) =>
        new(tagSet, type, ImmutableCollectionsMarshal.AsImmutableArray(tag.ReadBits(out var width))) { Width = width };

    private static TagCategory? Listed(ref LabelCursor tag, string tagSet, TagType type) => ReadValues(tag.Enter(LabelCursor.Set)) is { IsDefault: false } values ? new TagCategory(tagSet, type, values) : null;

    private static byte[] OneElement(LabelCursor value)
    {
        var element = value.ReadElement();
        value.End();
        return element;
    }

    private static LabelRefusedException TooMany() => new(LabelFault.TooLarge, "more than 64 categories");
}
