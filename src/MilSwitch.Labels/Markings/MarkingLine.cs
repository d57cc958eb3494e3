using System.Text;

namespace MilSwitch.Labels.Markings;

/// <summary>
/// A text with one space for each run of white space and none at its ends, which remembers where its characters stood. Pieces are
/// matched as if they had been put together first and their white space reduced afterwards.
/// </summary>
internal sealed class MarkingLine
{
    private readonly string text;
    private readonly int[] origins;
    private int steps;

    public MarkingLine(string original)
    {
        var builder = new StringBuilder(original.Length);
        origins = new int[original.Length + 1];
        for (var i = 0; i < original.Length; i++)
        {
            if (char.IsWhiteSpace(original[i]))
            {
                if (builder.Length == 0 || builder[^1] == ' ') continue;
                origins[builder.Length] = i;
                builder.Append(' ');
            }
            else
            {
                origins[builder.Length] = i;
                builder.Append(original[i]);
            }
        }

        if (builder.Length > 0 && builder[^1] == ' ') builder.Length--;
        text = builder.ToString();
        origins[text.Length] = original.Length;
    }

    public int Length => text.Length;

    /// <summary>Characters and phrases compared so far.</summary>
    public int Steps => steps;

    public static string Normal(string original) => new MarkingLine(original).text;

    /// <summary>Where a character stood before.</summary>
    public int Origin(int position) => origins[position];

    public bool Is(string normal) => text == normal;

    /// <returns>Behind the piece; -1: it does not stand there.</returns>
    public int Match(string piece, int position)
    {
        foreach (var letter in piece)
        {
            steps++;
            if (char.IsWhiteSpace(letter) ? !Space(ref position) : !Letter(letter, ref position)) return -1;
        }

        return position;
    }

    /// <summary>All phrases of a tag that stand there: each category with the position behind it.</summary>
    public void Match(MarkingTrie trie, int position, int after, List<(ShownCategory Category, int Position)> found)
    {
        var active = new Stack<(MarkingTrie Node, int Position)>();
        active.Push((trie, position));
        while (active.TryPop(out var way))
        {
            steps++;
            foreach (var category in way.Node.Ends)
            {
                steps++;
                if (category.Order > after) found.Add((category, way.Position));
            }

            // Where a space was taken away beside another, phrases with and without it both stand there.
            var (at, isSpace) = (way.Position, way.Position < text.Length && text[way.Position] == ' ');
            if (way.Node.Next(' ') is { } space && Space(ref at)) active.Push((space, at));
            at = way.Position;
            if (!isSpace && at < text.Length && way.Node.Next(text[at]) is { } next && Letter(text[at], ref at)) active.Push((next, at));
        }
    }

    /// <summary>A category whose value was entered, with every value that may stand there.</summary>
    /// <param name="open">Takes values.</param>
    /// <param name="position">Where it would begin.</param>
    /// <param name="above">Values are greater: they stand in their order.</param>
    /// <param name="found">Takes each with the position behind it.</param>
    public void Match(ShownCategory open, int position, int above, List<(ShownCategory Category, int Position)> found)
    {
        var start = Match(open.Text!, position);
        if (start < 0) return;
        // A longer run of digits is no value.
        for (var end = start; end < text.Length && end - start < 10 && (char.IsAsciiDigit(text[end]) || text[end] is '-');)
        {
            end++;
            steps++;
            if (open.Input!.Read(text.AsSpan(start..end)) is not { } value || value <= above || value == open.Value) continue;
            if (Match(open.TextBehind, end) is >= 0 and var behind) found.Add((open.Of(value), behind));
        }
    }

    /// <summary>A category whose value was entered as a text, which stands in quotes.</summary>
    /// <param name="open">Takes texts.</param>
    /// <param name="position">Where it would begin.</param>
    /// <param name="above">Texts come behind this one: they stand in their order; null: any.</param>
    /// <param name="found">Takes it with the position behind it.</param>
    public void Match(ShownCategory open, int position, string? above, List<(ShownCategory Category, int Position)> found)
    {
        var at = Match(open.Text!, position);
        if (at < 0 || at == text.Length || text[at++] is not '"') return;
        var word = new StringBuilder();
        for (; at < text.Length && word.Length <= LabelBounds.Text; at++)
        {
            steps++;
            if (text[at] is '"' && (at + 1 == text.Length || text[at + 1] is not '"'))
            {
                var entered = word.ToString();
                if (LabelText.FaultOf(entered) is null && (above is null || string.CompareOrdinal(entered, above) > 0) && Match(open.TextBehind, at + 1) is >= 0 and var behind) found.Add((open.Of(entered), behind));
                return;
            }

            if (text[at] is '"') at++;
            word.Append(text[at]);
        }
    }

    private bool Letter(char letter, ref int position)
    {
        if (position == text.Length || text[position] != letter) return false;
        position++;
        return true;
    }

    private bool Space(ref int position)
    {
        if (position == 0 || position == text.Length || text[position - 1] == ' ') return true;
        return Letter(' ', ref position);
    }
}
