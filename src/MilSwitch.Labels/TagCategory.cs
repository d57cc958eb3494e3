using System.Collections.Immutable;

namespace MilSwitch.Labels;

/// <summary>
/// Values of one tag of a tag set. Equal when they say the same: how wide a bit map was encoded, a security level and the syntax
/// don't count. Immutable.
/// </summary>
public sealed record TagCategory : LabelCategory
{
    /// <param name="tagSet">Its object identifier, dotted (<c>tagName</c>, ACP 145).</param>
    /// <param name="type">What the values mean.</param>
    /// <param name="values">Bit positions or integers, 0 or more, in any order.</param>
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

    public CategorySyntax Syntax { get; init; }

    /// <summary>Bits that the bit map has on the wire; 0: as many as needed.</summary>
    public int Width { get; init; }

    /// <summary><c>securityLevel</c> of the MISSI syntax; null: absent.</summary>
    public int? SecurityLevel { get; init; }

    public bool Contains(int value) => Values.BinarySearch(value) >= 0;

    public bool Equals(TagCategory? other) =>
        other is not null && Type == other.Type && TagSet == other.TagSet && Values.AsSpan().SequenceEqual(other.Values.AsSpan());

    public override int GetHashCode() => HashCode.Combine(TagSet, Type, Values.Length, Values.IsEmpty ? -1 : Values[0]);

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
}
