using System.Collections.Frozen;

namespace MilSwitch.Domain.Profiling;

/// <summary>
/// Finds which of many words and phrases stand in a text, in one pass: each word is looked up once, and from each a phrase is followed for at most
/// <see cref="ProfileRule.MostWordsOfPhrase"/> words.
/// </summary>
internal sealed class PhraseIndex
{
    private const int LongestWord = 64;

    private readonly Node root = new();
    private readonly FrozenDictionary<string, int> numbers;
    private readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;

    public PhraseIndex(IEnumerable<(string Phrase, int Term)> phrases)
    {
        var words = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var (phrase, term) in phrases)
        {
            var node = root;
            for (var rest = phrase.AsSpan(); TryTake(ref rest, out var word);)
            {
                var text = word.ToString();
                if (!words.TryGetValue(text, out var number)) words.Add(text, number = words.Count);
                if (!node.Next.TryGetValue(number, out var child)) node.Next.Add(number, child = new Node());
                node = child;
            }

            node.Term = term;
        }

        numbers = words.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        lookup = numbers.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Words of a phrase; one that is longer than any that is looked for counts as many.</summary>
    public static int CountWords(string phrase)
    {
        var count = 0;
        for (var rest = phrase.AsSpan(); TryTake(ref rest, out var word);) count += word.Length > LongestWord ? ProfileRule.MostWordsOfPhrase + 1 : 1;
        return count;
    }

    /// <summary>The same for all ways to write a phrase.</summary>
    public static string Normal(string phrase)
    {
        var words = new List<string>();
        for (var rest = phrase.AsSpan(); TryTake(ref rest, out var word);) words.Add(word.ToString().ToUpperInvariant());
        return string.Join(' ', words);
    }

    public void Find(string text, TermSet found)
    {
        if (numbers.Count is 0) return;
        // Phrases that have begun and not ended.
        var active = new Node?[ProfileRule.MostWordsOfPhrase];
        var count = 0;
        for (var rest = text.AsSpan(); TryTake(ref rest, out var word);)
        {
            if (word.Length > LongestWord || !lookup.TryGetValue(word, out var number))
            {
                count = 0;
                continue;
            }

            var kept = 0;
            for (var i = 0; i < count; i++)
            {
                if (active[i]!.Next.TryGetValue(number, out var child)) Step(child, ref kept);
            }

            if (root.Next.TryGetValue(number, out var first)) Step(first, ref kept);
            count = kept;
        }

        void Step(Node node, ref int kept)
        {
            if (node.Term >= 0) found.Add(node.Term);
            // A phrase has at most as many words, so that at most as many are under way.
            if (node.Next.Count > 0) active[kept++] = node;
        }
    }

    private static bool TryTake(ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> word)
    {
        var start = 0;
        while (start < rest.Length && !char.IsLetterOrDigit(rest[start])) start++;
        var end = start;
        while (end < rest.Length && char.IsLetterOrDigit(rest[end])) end++;
        word = rest[start..end];
        rest = rest[end..];
        return !word.IsEmpty;
    }

    private sealed class Node
    {
        public Dictionary<int, Node> Next { get; } = [];

        public int Term { get; set; } = -1;
    }
}
