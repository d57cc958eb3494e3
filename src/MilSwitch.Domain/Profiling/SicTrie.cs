using MilSwitch.Domain.Military;

namespace MilSwitch.Domain.Profiling;

/// <summary>Finds which of many patterns stand for a code. A code of eight characters comes by at most 2^8 nodes, however many patterns there are.</summary>
internal sealed class SicTrie
{
    private readonly Dictionary<char, SicTrie> next = [];
    private int closed = -1;
    private int open = -1;

    public void Add(SicPattern pattern, int term)
    {
        var node = this;
        foreach (var c in pattern.Stem)
        {
            if (!node.next.TryGetValue(c, out var child)) node.next.Add(c, child = new SicTrie());
            node = child;
        }

        if (pattern.IsOpen) node.open = term;
        else node.closed = term;
    }

    // As deep as a pattern is long, which is eight.
    public void Find(ReadOnlySpan<char> code, TermSet found)
    {
        if (open >= 0) found.Add(open);
        if (code.IsEmpty)
        {
            if (closed >= 0) found.Add(closed);
            return;
        }

        if (next.TryGetValue(char.ToUpperInvariant(code[0]), out var child)) child.Find(code[1..], found);
        if (next.TryGetValue('?', out var any)) any.Find(code[1..], found);
    }
}
