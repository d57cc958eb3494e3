using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Markings;

/// <summary>
/// Reads markings back: the reverse of <see cref="MarkingText"/> for one policy, place and language. Letters count exactly, white
/// space does not. What the policy shows comes back; what does not show does not: elements without a marking, a category whose
/// phrase in place of the policy's name is that name or comes second, privacy marks that the policy does not list, what the policy
/// does not know, tags without values. A classification that a category hides comes back when that category leaves one possible.
/// A text that two labels would give is refused. Immutable; safe for concurrent use.
/// </summary>
public sealed class MarkingGrammar
{
    /// <summary>Characters of a text.</summary>
    public const int Longest = 16_384;

    /// <summary>Characters and phrases compared for one text.</summary>
    private const int Steps = 500_000;

    /// <summary>Readings that are looked at; a text with more is ambiguous.</summary>
    private const int Readings = 32;

    /// <summary>In place of a value that was entered: the category has one.</summary>
    private const int Closed = -1;

    private static readonly ConditionalWeakTable<MarkingScheme, MarkingGrammar> Known = new();

    private readonly MarkingScheme scheme;
    private readonly ImmutableArray<(ShownTag Tag, MarkingTrie Phrases, ShownCategory? Open, ShownCategory? OpenText)> tags;
    private readonly ImmutableArray<(string Text, ShownCategory? Category)> heads;
    private readonly ImmutableArray<(string? Name, string Text)> marks;

    private MarkingGrammar(MarkingScheme scheme)
    {
        this.scheme = scheme;
        var byTag = new OrderedDictionary<ShownTag, MarkingTrie>();
        var open = new Dictionary<ShownTag, ShownCategory>();
        var openText = new Dictionary<ShownTag, ShownCategory>();
        foreach (var category in scheme.Categories)
        {
            if (category.Text is null) continue;
            if (!byTag.TryGetValue(category.Tag, out var trie)) byTag.Add(category.Tag, trie = new MarkingTrie());
            if (category.Input is null) trie.Add(category);
            else (category.Input.IsText ? openText : open).Add(category.Tag, category);
        }

        tags = [.. byTag.Select(t => (t.Key, t.Value, open.GetValueOrDefault(t.Key), openText.GetValueOrDefault(t.Key)))];
        heads = [.. Heads(scheme).Distinct()];
        marks = [(null, ""), .. scheme.PrivacyMarks.Where(m => !string.IsNullOrEmpty(m.Value)).Select(m => ((string?)m.Key, m.Value!))];
    }

    /// <summary>The grammar of a place and language, made once for a policy.</summary>
    public static MarkingGrammar For(SecurityPolicy policy, MarkingPlace place, string? language = null) =>
        Known.GetValue(MarkingScheme.Of(policy, place, language), static s => new MarkingGrammar(s));

    /// <exception cref="LabelRefusedException">
    /// It is no marking (<see cref="LabelFault.UnknownName"/>, with the character up to which it could be one), has two readings
    /// (<see cref="LabelFault.Ambiguous"/>), or is too long.
    /// </exception>
    public SecurityLabel Parse(string text)
    {
        var label = Read(text, out var fault, out var position);
        return label ?? throw new LabelRefusedException(fault, fault switch
        {
            LabelFault.Ambiguous => "the marking can be read in more than one way",
            LabelFault.TooLarge => "the marking is too long",
            _ => "the policy has no such marking",
        }, position);
    }

    /// <returns>False: <see cref="Parse"/> would refuse it.</returns>
    public bool TryParse(string text, [NotNullWhen(true)] out SecurityLabel? label) => (label = Read(text, out _, out _)) is not null;

    /// <summary>The whole label comes back from its marking.</summary>
    /// <param name="label">Of this grammar's policy.</param>
    public bool Carries(SecurityLabel label) => label.Policy == scheme.Policy && TryParse(MarkingText.Generate(label, scheme), out var back) && back.Equals(label);

    private static IEnumerable<(string Text, ShownCategory? Category)> Heads(MarkingScheme scheme)
    {
        yield return (scheme.PolicyText, null);
        if (scheme.IsPolicyTextFixed) yield break;
        foreach (var classification in scheme.Classifications.Values)
        {
            if (classification.PolicyText is { } text) yield return (text, null);
        }

        foreach (var category in scheme.Categories)
        {
            if (category.PolicyText is { } text && text != scheme.PolicyText) yield return (text, category);
        }
    }

    private SecurityLabel? Read(string text, out LabelFault fault, out int position)
    {
        position = 0;
        fault = LabelFault.TooLarge;
        if (text.Length > Longest) return null;
        var line = new MarkingLine(text);
        var nodes = new Dictionary<(int Order, int Entered, string? Word), Node>?[line.Length + 1];
        Begin(line, nodes);
        var labels = new List<SecurityLabel>();
        var readings = 0;
        var found = new List<(ShownCategory, int)>();
        for (var at = 0; at <= line.Length; at++)
        {
            if (nodes[at] is not { } here) continue;
            position = line.Origin(at);
            // A phrase of white space alone stays at its position, with a category further on.
            var queue = new Queue<Node>(here.Values);
            while (queue.TryDequeue(out var node))
            {
                if (line.Steps > Steps) return null;
                Finish(line, node, at, labels, ref readings);
                Continue(line, nodes, node, at, found, queue);
            }
        }

        fault = labels.Count > 1 || readings > Readings ? LabelFault.Ambiguous : LabelFault.UnknownName;
        return labels.Count == 1 && readings <= Readings ? labels[0] : null;
    }

    private void Begin(MarkingLine line, Dictionary<(int Order, int Entered, string? Word), Node>?[] nodes)
    {
        var start = line.Match(scheme.Prefix, 0);
        if (start < 0) return;
        foreach (var (text, category) in heads)
        {
            var at = line.Match(text, start);
            if (at < 0) continue;
            var isEmpty = text.Length == 0;
            Add(nodes, at, isEmpty ? -2 : -1, new Root(category, null));
            var next = isEmpty ? at : line.Match(scheme.Separator, at);
            if (next < 0) continue;
            foreach (var classification in scheme.Classifications.Values)
            {
                if (string.IsNullOrEmpty(classification.Text) || line.Match(classification.Text, next) is not (>= 0 and var end)) continue;
                var expected = scheme.IsPolicyTextFixed ? scheme.PolicyText : classification.PolicyText ?? category?.PolicyText ?? scheme.PolicyText;
                if (expected == text && (category is null || classification.PolicyText is null)) Add(nodes, end, -1, new Root(category, classification));
            }
        }
    }

    private void Continue(MarkingLine line, Dictionary<(int Order, int Entered, string? Word), Node>?[] nodes, Node node, int at, List<(ShownCategory Category, int Position)> found, Queue<Node> queue)
    {
        foreach (var (tag, phrases, open, openText) in tags)
        {
            var next = node.Tag is null ? node.Last == -2 ? at : line.Match(scheme.Separator, at)
                : tag == node.Tag ? line.Match(tag.Separator, at)
                : Leave(line, node.Tag, tag, at);
            if (next >= 0 && tag != node.Tag)
            {
                if (node.Tag?.Set != tag.Set) next = line.Match(tag.Set.Prefix, next);
                if (next >= 0) next = line.Match(tag.Prefix, next);
            }

            if (next < 0) continue;
            found.Clear();
            line.Match(phrases, next, node.Last, found);
            if (open is not null && (open.Order > node.Last || node.Category?.Order == open.Order)) line.Match(open, next, node.Category?.Order == open.Order ? node.Category.Value : -1, found);
            if (openText is not null && (openText.Order > node.Last || node.Category?.Order == openText.Order)) line.Match(openText, next, node.Category?.Order == openText.Order ? node.Category.Word : null, found);
            foreach (var (category, end) in found)
            {
                var known = nodes[end] ??= [];
                var key = (category.Order, category.Order == open?.Order ? category.Value : Closed, category.Order == openText?.Order ? category.Word : null);
                if (!known.TryGetValue(key, out var follower))
                {
                    known.Add(key, follower = new Node(category.Order, tag, category));
                    if (end == at) queue.Enqueue(follower);
                }

                follower.Before.Add(node);
            }
        }
    }

    private int Leave(MarkingLine line, ShownTag from, ShownTag to, int at)
    {
        var next = line.Match(from.Suffix, at);
        if (next < 0) return -1;
        if (from.Set == to.Set) return line.Match(to.Set.Separator, next);
        next = line.Match(from.Set.Suffix, next);
        return next < 0 ? -1 : line.Match(scheme.Separator, next);
    }

    private void Finish(MarkingLine line, Node node, int at, List<SecurityLabel> labels, ref int readings)
    {
        if (node.Tag is { } tag)
        {
            at = line.Match(tag.Suffix, at);
            if (at >= 0) at = line.Match(tag.Set.Suffix, at);
            if (at < 0) return;
        }

        foreach (var (name, text) in marks)
        {
            var end = name is null ? at : node.Last == -2 ? line.Match(text, at) : line.Match(scheme.Separator, at) is >= 0 and var next ? line.Match(text, next) : -1;
            if (end >= 0) end = line.Match(scheme.Suffix, end);
            if (end == line.Length) Collect(line, node, name, [], labels, ref readings);
        }
    }

    /// <summary>Every way that led to a node, as labels that give this very text.</summary>
    private void Collect(MarkingLine line, Node end, string? mark, ImmutableArray<ShownCategory> none, List<SecurityLabel> labels, ref int readings)
    {
        var ways = new Stack<(Node Node, ImmutableArray<ShownCategory> Categories)>();
        ways.Push((end, none));
        while (ways.TryPop(out var way))
        {
            // Ways that never reach a beginning don't exist, so this ends after as many readings.
            if (way.Node.Category is { } category)
            {
                foreach (var before in way.Node.Before)
                {
                    ways.Push((before, way.Categories.Insert(0, category)));
                    if (ways.Count > Readings * 4) readings = Readings + 1;
                }
            }
            else
            {
                foreach (var root in way.Node.Roots)
                {
                    readings++;
                    Judge(line, root, way.Categories, mark, labels);
                }
            }

            if (readings > Readings) return;
        }
    }

    private void Judge(MarkingLine line, Root root, ImmutableArray<ShownCategory> shown, string? mark, List<SecurityLabel> labels)
    {
        var categories = root.Category is { } head && !shown.Contains(head) ? shown.Add(head) : shown;
        var values = new OrderedDictionary<(string Set, TagType Type), (List<int> Numbers, List<string> Words)>();
        foreach (var category in categories)
        {
            if (!values.TryGetValue((category.Tag.Set.Id, category.Tag.Type), out var list)) values.Add((category.Tag.Set.Id, category.Tag.Type), list = ([], []));
            if (category.Word is { } word) list.Words.Add(word);
            else list.Numbers.Add(category.Value);
        }

        var label = new SecurityLabel
        {
            Policy = scheme.Policy,
            PrivacyMark = mark,
            Categories = [.. values.Select(v => new TagCategory(v.Key.Set, v.Key.Type, [.. v.Value.Numbers]) { Texts = [.. v.Value.Words] })],
        };
        foreach (var classification in Classifications(root, categories))
        {
            var whole = label with { Classification = classification };
            if (!labels.Contains(whole) && line.Is(MarkingLine.Normal(MarkingText.Generate(whole, scheme)))) labels.Add(whole);
        }
    }

    private IEnumerable<int?> Classifications(Root root, ImmutableArray<ShownCategory> categories) =>
        root.Classification is { } shown ? [shown.Value]
        : !categories.Any(c => c.HidesClassification) ? [null]
        : scheme.Classifications.Keys.Where(v => !categories.Any(c => c.ExcludedClassifications.Contains(v))).Select(v => (int?)v);

    private static void Add(Dictionary<(int Order, int Entered, string? Word), Node>?[] nodes, int at, int key, Root root)
    {
        var here = nodes[at] ??= [];
        if (!here.TryGetValue((key, Closed, null), out var node)) here.Add((key, Closed, null), node = new Node(key, null, null));
        node.Roots.Add(root);
    }

    /// <param name="Category">Whose phrase stood in place of the policy's name; null: none.</param>
    /// <param name="Classification">Null: none was shown.</param>
    private sealed record Root(ShownCategory? Category, ShownClassification? Classification);

    /// <summary>So far has been read, and the last category was this one; -1: none, -2: nothing at all.</summary>
    private sealed class Node(int last, ShownTag? tag, ShownCategory? category)
    {
        public int Last => last;

        public ShownTag? Tag => tag;

        public ShownCategory? Category => category;

        public List<Node> Before { get; } = [];

        public List<Root> Roots { get; } = [];
    }
}
