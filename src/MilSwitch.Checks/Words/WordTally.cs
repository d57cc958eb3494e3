using System.Text;

namespace MilSwitch.Checks.Words;

/// <summary>Counts the phrases of an automaton in texts that come in pieces. Not thread-safe.</summary>
internal sealed class WordTally(WordAutomaton automaton)
{
    private readonly int[] counts = new int[automaton.Rules.Length];
    private readonly List<int> ending = [];

    // Phrases that end at the last character and count unless a letter follows.
    private readonly List<int> pending = [];

    // The last characters, to see what stands before a phrase.
    private readonly char[] recent = new char[automaton.Longest + 2];
    private long written;
    private int state;
    private char last = ' ';
    private char highSurrogate;

    /// <summary>Occurrences of each rule, in their order.</summary>
    public ReadOnlySpan<int> Counts => counts;

    /// <summary>Takes the next characters of a text.</summary>
    public void Feed(ReadOnlySpan<char> text)
    {
        Span<char> folded = stackalloc char[TextFolding.LongestResult];
        foreach (var c in text)
        {
            if (char.IsHighSurrogate(c))
            {
                highSurrogate = c;
                continue;
            }

            // A half of a pair alone is no character; it counts as one that is no letter.
            if (!Rune.TryCreate(c, out var rune) && !Rune.TryCreate(highSurrogate, c, out rune)) rune = Rune.ReplacementChar;
            highSurrogate = '\0';
            foreach (var each in folded[..TextFolding.Fold(rune, folded)]) Take(each);
        }
    }

    /// <summary>Here a text ends; no phrase goes on into the next one.</summary>
    public void Break()
    {
        highSurrogate = '\0';
        Settle('\0');
        state = 0;
        last = ' ';
        recent[(int)(written++ % recent.Length)] = ' ';
    }

    private void Take(char c)
    {
        if (c is ' ' && last is ' ') return;
        Settle(c);
        last = c;
        recent[(int)(written++ % recent.Length)] = c;
        state = automaton.Step(state, c);
        automaton.Ending(state, ending);
        foreach (var rule in ending)
        {
            if (!automaton.Rules[rule].IsWholeWord) counts[rule]++;
            else if (!char.IsLetterOrDigit(Before(automaton.Rules[rule].Folded.Length))) pending.Add(rule);
        }
    }

    private void Settle(char next)
    {
        if (pending.Count is 0) return;
        if (!char.IsLetterOrDigit(next) && !char.IsSurrogate(next))
        {
            foreach (var rule in pending) counts[rule]++;
        }

        pending.Clear();
    }

    private char Before(int length) => written <= length ? ' ' : recent[(int)((written - 1 - length) % recent.Length)];
}
