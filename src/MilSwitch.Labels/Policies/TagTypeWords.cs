using System.Collections.Frozen;

namespace MilSwitch.Labels.Policies;

/// <summary><c>tagType</c> with the attributes that complete it.</summary>
internal static class TagTypeWords
{
    private static readonly FrozenDictionary<string, Word> Types = new Dictionary<string, Word>(StringComparer.Ordinal)
    {
        ["restrictive"] = Word.Restrictive,
        ["permissive"] = Word.Permissive,
        ["enumerated"] = Word.Enumerated,
        ["tagType7"] = Word.TagType7,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, TagType> Enumerations = new Dictionary<string, TagType>(StringComparer.Ordinal)
    {
        ["restrictive"] = TagType.EnumeratedRestrictive,
        ["permissive"] = TagType.EnumeratedPermissive,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, TagType> Encodings = new Dictionary<string, TagType>(StringComparer.Ordinal)
    {
        ["bitSetAttributes"] = TagType.InformativeBits,
        ["securityAttributes"] = TagType.InformativeValues,
    }.ToFrozenDictionary();

    private enum Word
    {
        Restrictive,
        Permissive,
        Enumerated,
        TagType7,
    }

    /// <summary>The type of a tag; null: none, which is told.</summary>
    public static TagType? Of(SpifElement element, SpifValues values)
    {
        var possible = Possible(element, values);
        if (possible.Length > 1)
        {
            var missing = possible[0].IsInformative() ? "tag7Encoding" : "enumType";
            values.Problems.Add(element.Place, $"{element.Name} lacks its attribute {missing}, which its tagType needs");
        }

        return possible is [var only] ? only : null;
    }

    /// <summary>The types that an element may speak of: a reference need not say all.</summary>
    public static TagType[] Possible(SpifElement element, SpifValues values)
    {
        var type = values.Choice(element, "tagType", Types);
        if (type is not Word.Enumerated && type is not null && element["enumType"] is not null) values.Problems.Add(element.PlaceOf("enumType"), $"{element.Name} has an enumType and is not enumerated");
        if (type is not Word.TagType7 && type is not null && element["tag7Encoding"] is not null) values.Problems.Add(element.PlaceOf("tag7Encoding"), $"{element.Name} has a tag7Encoding and is not of tagType7");
        return type switch
        {
            Word.Restrictive => [TagType.Restrictive],
            Word.Permissive => [TagType.Permissive],
            Word.Enumerated => One(element, "enumType", Enumerations, values),
            Word.TagType7 => One(element, "tag7Encoding", Encodings, values),
            _ => [],
        };
    }

    private static TagType[] One(SpifElement element, string attribute, FrozenDictionary<string, TagType> words, SpifValues values)
    {
        if (element[attribute] is null) return [.. words.Values.Order()];
        return values.Choice(element, attribute, words) is { } known ? [known] : [];
    }
}
