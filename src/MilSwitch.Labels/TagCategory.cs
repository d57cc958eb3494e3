using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels;

/// <summary>
/// Values of one tag of a tag set. Equal when they say the same: how wide a bit map was encoded, a security level and the syntax
/// don't count. Immutable.
/// </summary>
public sealed record TagCategory : LabelCategory
{
    /// <param name="tagSet">Its object identifier, dotted (<c>tagName</c>, ACP 145).</param>
    /// <param name="type">What the values mean.</param>
    /// <param name="values">Bit positions or integers, 0 or more, in any order. Values that are texts: <see cref="Texts"/>.</param>
    /// <exception cref="LabelRefusedException">A value out of range, twice, or too many.</exception>
    public TagCategory(string tagSet, TagType type, ImmutableArray<int> values)
    {
        TagSet = tagSet;
        Type = type;
        Values = Ordered(type, values);
    }

    public string TagSet { get; }

    public TagType Type { get; }

    /// <summary>Ascending, each once; may be empty.</summary>
    public ImmutableArray<int> Values { get; }

    /// <summary>
    /// Further values, which are texts: those of categories whose <c>lacv</c> is no integer, and what people enter. In the order of their
    /// characters, each once, 1 to 256 characters; none in bit maps. Together with <see cref="Values"/> they are the values of the tag.
    /// </summary>
    /// <exception cref="LabelRefusedException">One is none, stands twice, or they are too many.</exception>
    public ImmutableArray<string> Texts { get; init => field = Ordered(Type, value, Values.Length); } = [];

    /// <summary>How many values it has, of both kinds.</summary>
    public int Count => Values.Length + Texts.Length;

    /// <summary>It has no value.</summary>
    public bool IsEmpty => Values.IsEmpty && Texts.IsEmpty;

    public CategorySyntax Syntax { get; init; }

    /// <summary>Bits that the bit map has on the wire; 0: as many as needed.</summary>
    public int Width { get; init; }

    /// <summary><c>securityLevel</c> of the MISSI syntax; null: absent.</summary>
    public int? SecurityLevel { get; init; }

    public bool Contains(int value) => Values.BinarySearch(value) >= 0;

    public bool Contains(string text) => !Texts.IsEmpty && Texts.BinarySearch(text, StringComparer.Ordinal) >= 0;

    /// <summary>How many of its values a reference speaks of. Allocates nothing.</summary>
    internal int CountOf(CategoryReference reference) => reference.Type != Type || reference.TagSet != TagSet ? 0
        : reference.IsWhole ? Count
        : reference.Text is { } text ? Contains(text) ? 1 : 0
        : Contains(reference.Value!.Value) ? 1 : 0;

    public bool Equals(TagCategory? other) =>
        other is not null && Type == other.Type && TagSet == other.TagSet && Values.AsSpan().SequenceEqual(other.Values.AsSpan()) && Texts.AsSpan().SequenceEqual(other.Texts.AsSpan());

    public override int GetHashCode() => HashCode.Combine(TagSet, Type, Values.Length, Values.IsEmpty ? -1 : Values[0], Texts.Length);

    private static ImmutableArray<int> Ordered(TagType type, ImmutableArray<int> values)
    {
        if (values.Length > LabelBounds.Values) throw new LabelRefusedException(LabelFault.TooLarge, "a category has more values than are allowed");
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[i - 1]) continue;
            values = values.Sort();
            break;
        }

        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] == values[i - 1]) throw new LabelRefusedException(LabelFault.Duplicate, "a category has the same value twice");
        }

        if (values.IsEmpty) return values;
        if (values[0] < 0) throw new LabelRefusedException(LabelFault.OutOfRange, "a category has a negative value");
        if (type.IsBitMap() && values[^1] > LabelBounds.BitPosition) throw new LabelRefusedException(LabelFault.OutOfRange, "a bit map is wider than is allowed");
        return values;
    }

    private static ImmutableArray<string> Ordered(TagType type, ImmutableArray<string> texts, int others)
    {
        if (texts.IsDefaultOrEmpty) return [];
        if (type.IsBitMap()) throw new LabelRefusedException(LabelFault.Malformed, "a bit map has no values that are texts");
        if (texts.Length + others > LabelBounds.Values) throw new LabelRefusedException(LabelFault.TooLarge, "a category has more values than are allowed");
        texts = texts.Sort(StringComparer.Ordinal);
        for (var i = 0; i < texts.Length; i++)
        {
            if (texts[i].Length > LabelBounds.Text) throw new LabelRefusedException(LabelFault.TooLarge, "a text of a category is longer than is allowed");
            if (LabelText.FaultOf(texts[i]) is { } fault) throw new LabelRefusedException(LabelFault.Malformed, $"a text of a category {fault}");
            if (i > 0 && texts[i] == texts[i - 1]) throw new LabelRefusedException(LabelFault.Duplicate, "a category has the same value twice");
        }

        return texts;
    }
}
