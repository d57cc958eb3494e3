using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Profiling;

/// <summary>
/// A plan made ready to decide. Every condition of any rule is a term with a number; a message is looked up once in each index, and only rules under a term of their rarest
/// kind are judged, so that time depends on the rules that nearly fit and not on all. Immutable and thread-safe.
/// </summary>
public sealed class Profiler
{
    private readonly ImmutableArray<ProfileRule> rules;
    private readonly int[][][] conditions;
    private readonly int[][] rulesOfTerm;
    private readonly string[] texts;
    private readonly SicTrie codes = new();
    private readonly FrozenDictionary<Mailbox, int> mailboxes;
    private readonly FrozenDictionary<string, int> domains;
    private readonly FrozenDictionary<(int Value, string? Identifier), int> types;
    private readonly int[] precedences = [.. Enumerable.Repeat(-1, PrecedenceExtensions.Count)];
    private readonly FrozenDictionary<(string? Policy, string? Classification), int> labels;
    private readonly FrozenDictionary<string, int> handling;
    private readonly FrozenDictionary<string, int> instructions;
    private readonly PhraseIndex subjectWords;
    private readonly PhraseIndex words;

    /// <param name="plan">Its rules have been checked.</param>
    /// <exception cref="ArgumentException">A rule selects every message.</exception>
    public Profiler(ProfilePlan plan)
    {
        Plan = plan;
        rules = plan.Rules;
        var terms = new TermTable();
        conditions = new int[rules.Length][][];
        for (var i = 0; i < rules.Length; i++)
        {
            var rule = rules[i];
            if (!rule.IsSelective) throw new ArgumentException($"rule '{rule.Name}' selects every message", nameof(plan));
            // From the rarest kind to the most frequent: the first that a rule has is the one it is found by.
            int[][] kinds =
            [
                [.. rule.Codes.Select(c => terms.Number("sic", c.ToString(), c))],
                [.. rule.Originators.Select(o => terms.Number("from", o.ToString(), o.Mailbox is { } mailbox ? mailbox : o.Domain))],
                [.. rule.Words.Select(w => terms.Number("words", Quoted(w), PhraseIndex.Normal(w)))],
                [.. rule.SubjectWords.Select(w => terms.Number("subject-words", Quoted(w), PhraseIndex.Normal(w)))],
                [.. rule.Types.Select(t => terms.Number("type", t.Identifier is null ? Text(t.Value) : $"{Text(t.Value)}: {t.Identifier}", (t.Value, (string?)t.Identifier?.ToUpperInvariant())))],
                [.. rule.HandlingInstructions.Select(s => terms.Number("handling-instructions", Quoted(s), Fold(s)))],
                [.. rule.MessageInstructions.Select(s => terms.Number("message-instructions", Quoted(s), Fold(s)))],
                [.. rule.Labels.Select(l => terms.Number("label", $"{l.Policy ?? "*"} {l.Classification ?? "*"}", (l.Policy?.ToUpperInvariant(), l.Classification?.ToUpperInvariant())))],
                [.. rule.Precedences.Select(p => terms.Number("precedence", p.Keyword(), p))],
            ];
            conditions[i] = [.. kinds.Where(k => k.Length > 0)];
        }

        texts = [.. terms.Texts];
        var byTerm = new List<int>[texts.Length];
        for (var i = 0; i < rules.Length; i++)
        {
            foreach (var term in conditions[i][0].Distinct()) (byTerm[term] ??= []).Add(i);
        }

        rulesOfTerm = [.. byTerm.Select(r => r is null ? [] : r.ToArray())];
        foreach (var (pattern, term) in terms.Of<Military.SicPattern>("sic")) codes.Add(pattern, term);
        foreach (var (level, term) in terms.Of<Precedence>("precedence")) precedences[(int)level] = term;
        mailboxes = terms.Of<Mailbox>("from").ToFrozenDictionary(t => t.Key, t => t.Term);
        domains = terms.Of<string>("from").ToFrozenDictionary(t => t.Key, t => t.Term, StringComparer.Ordinal);
        types = terms.Of<(int, string?)>("type").ToFrozenDictionary(t => t.Key, t => t.Term);
        labels = terms.Of<(string?, string?)>("label").ToFrozenDictionary(t => t.Key, t => t.Term);
        handling = terms.Of<string>("handling-instructions").ToFrozenDictionary(t => t.Key, t => t.Term, StringComparer.OrdinalIgnoreCase);
        instructions = terms.Of<string>("message-instructions").ToFrozenDictionary(t => t.Key, t => t.Term, StringComparer.OrdinalIgnoreCase);
        subjectWords = new PhraseIndex(terms.Of<string>("subject-words"));
        words = new PhraseIndex(terms.Of<string>("words"));
    }

    /// <summary>What was made ready.</summary>
    public ProfilePlan Plan { get; }

    /// <summary>Words or a phrase that can be looked for: 1 to <see cref="ProfileRule.MostWordsOfPhrase"/> words of up to 64 letters and digits.</summary>
    public static bool IsPhrase(string text) => PhraseIndex.CountWords(text) is >= 1 and <= ProfileRule.MostWordsOfPhrase;

    /// <summary>Decides who gets a message.</summary>
    /// <param name="subject">The message.</param>
    /// <param name="at">The time at which hours are judged.</param>
    public ProfileDecision Decide(ProfileSubject subject, DateTimeOffset at)
    {
        if (subject.Fault is not null) return ProfileDecision.None(UnprofiledReason.Unreadable);
        if (subject.MessageInstructions.Contains(MmhsInstructions.NoDistribution, StringComparer.OrdinalIgnoreCase)) return ProfileDecision.None(UnprofiledReason.NoDistribution);
        var terms = Find(subject);
        var candidates = new SortedSet<int>();
        foreach (var term in terms.Found)
        {
            foreach (var rule in rulesOfTerm[term])
            {
                if (Holds(conditions[rule], terms) && IsInHours(rules[rule], at)) candidates.Add(rule);
            }
        }

        if (candidates.Count is 0) return ProfileDecision.None(UnprofiledReason.NoMatch);
        return new ProfileDecision(Addressees(candidates, subject.Role), [.. candidates.Select(i => new ProfileMatch(rules[i], Reasons(conditions[i], terms)))], null);
    }

    private ImmutableArray<ProfileAddressee> Addressees(SortedSet<int> matched, ProfileRole role)
    {
        var order = new List<Mailbox>();
        var roles = new Dictionary<Mailbox, ProfileRole>();
        foreach (var i in matched)
        {
            foreach (var mailbox in rules[i].Action) Add(mailbox, role);
            foreach (var mailbox in rules[i].Information) Add(mailbox, ProfileRole.Information);
        }

        return [.. order.Select(m => new ProfileAddressee(m, roles[m]))];

        void Add(Mailbox mailbox, ProfileRole asked)
        {
            if (roles.TryAdd(mailbox, asked)) order.Add(mailbox);
            else if (asked is ProfileRole.Action) roles[mailbox] = asked;
        }
    }

    private TermSet Find(ProfileSubject subject)
    {
        var found = new TermSet(texts.Length);
        foreach (var code in subject.Codes) codes.Find(code, found);
        if (subject.Originator is { } originator)
        {
            if (mailboxes.TryGetValue(originator, out var term)) found.Add(term);
            if (domains.TryGetValue(originator.Domain, out term)) found.Add(term);
        }

        if (subject.Type is { } type)
        {
            if (types.TryGetValue((type, null), out var term)) found.Add(term);
            if (subject.TypeIdentifier is { } identifier && types.TryGetValue((type, identifier.ToUpperInvariant()), out term)) found.Add(term);
        }

        if (precedences[(int)subject.Precedence] is >= 0 and var level) found.Add(level);
        if (subject.Label is { } label && labels.Count > 0) FindLabel(label, found);
        foreach (var instruction in subject.HandlingInstructions)
        {
            if (handling.TryGetValue(instruction, out var term)) found.Add(term);
        }

        foreach (var instruction in subject.MessageInstructions)
        {
            if (instructions.TryGetValue(instruction, out var term)) found.Add(term);
        }

        subjectWords.Find(subject.Subject, found);
        words.Find(subject.Subject, found);
        words.Find(subject.Body, found);
        return found;
    }

    private void FindLabel(ProfileLabel label, TermSet found)
    {
        string?[] policies = [null, label.Policy, label.PolicyName?.ToUpperInvariant()];
        string?[] classifications = [null, label.Classification is { } number ? Text(number) : null, label.ClassificationName?.ToUpperInvariant()];
        foreach (var policy in policies)
        {
            foreach (var classification in classifications)
            {
                if (labels.TryGetValue((policy, classification), out var term)) found.Add(term);
            }
        }
    }

    private static bool Holds(int[][] kinds, TermSet terms)
    {
        foreach (var kind in kinds)
        {
            if (!Array.Exists(kind, terms.Has)) return false;
        }

        return true;
    }

    private static bool IsInHours(ProfileRule rule, DateTimeOffset at) => rule.Hours.IsEmpty || rule.Hours.Any(h => h.Contains(at));

    private ImmutableArray<string> Reasons(int[][] kinds, TermSet terms) => [.. kinds.Select(k => texts[Array.Find(k, terms.Has)])];

    private static string Fold(string text) => text.ToUpperInvariant();

    private static string Quoted(string text) => $"'{text}'";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    // The same condition in many rules is one term.
    private sealed class TermTable
    {
        private readonly Dictionary<(string Kind, object Key), int> numbers = [];

        public List<string> Texts { get; } = [];

        public int Number(string kind, string text, object key)
        {
            if (!numbers.TryGetValue((kind, key), out var number))
            {
                numbers.Add((kind, key), number = Texts.Count);
                Texts.Add($"{kind} {text}");
            }

            return number;
        }

        public IEnumerable<(T Key, int Term)> Of<T>(string kind) => numbers.Where(n => n.Key.Kind == kind && n.Key.Key is T).Select(n => ((T)n.Key.Key, n.Value));
    }
}
