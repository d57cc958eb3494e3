using System.Collections.Immutable;

namespace MilSwitch.Checks.Words;

/// <summary>
/// All phrases as one automaton (Aho and Corasick 1975): a text is passed over once, however many phrases there are and
/// whatever is in it. Immutable and thread-safe.
/// </summary>
internal sealed class WordAutomaton
{
    private readonly Dictionary<(int State, char Next), int> steps = [];
    private readonly List<int> fallback = [0];

    // The phrase that ends in a state, -1 for none, and the next shorter state in which one ends.
    private readonly List<int> ends = [-1];
    private readonly List<int> shorter = [0];

    // Phrases that fold to the same.
    private readonly int[] same;

    public WordAutomaton(ImmutableArray<WordRule> rules)
    {
        Rules = rules;
        same = new int[rules.Length];
        for (var i = 0; i < rules.Length; i++) Add(i, rules[i].Folded);
        Link();
        Longest = rules.IsEmpty ? 0 : rules.Max(r => r.Folded.Length);
    }

    public ImmutableArray<WordRule> Rules { get; }

    public int Longest { get; }

    public int Step(int state, char next)
    {
        while (true)
        {
            if (steps.TryGetValue((state, next), out var target)) return target;
            if (state is 0) return 0;
            state = fallback[state];
        }
    }

    /// <summary>Rules whose phrase ends in a state.</summary>
    public void Ending(int state, List<int> into)
    {
        into.Clear();
        for (; state is not 0; state = shorter[state])
        {
            for (var rule = ends[state]; rule >= 0; rule = same[rule]) into.Add(rule);
        }
    }

    private void Add(int rule, string phrase)
    {
        var state = 0;
        foreach (var c in phrase)
        {
            if (!steps.TryGetValue((state, c), out var next))
            {
                next = ends.Count;
                steps.Add((state, c), next);
                ends.Add(-1);
                fallback.Add(0);
                shorter.Add(0);
            }

            state = next;
        }

        same[rule] = ends[state];
        ends[state] = rule;
    }

    // Breadth first: what a state falls back to is linked before it.
    private void Link()
    {
        var children = steps.ToLookup(s => s.Key.State, s => (s.Key.Next, s.Value));
        var waiting = new Queue<int>([0]);
        while (waiting.TryDequeue(out var state))
        {
            foreach (var (c, child) in children[state])
            {
                if (state is not 0) fallback[child] = Step(fallback[state], c);
                shorter[child] = ends[fallback[child]] >= 0 ? fallback[child] : shorter[fallback[child]];
                waiting.Enqueue(child);
            }
        }
    }
}
