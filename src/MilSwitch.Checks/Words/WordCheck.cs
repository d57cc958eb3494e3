using System.Globalization;
using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Words;

/// <summary>
/// Adds up the weights of words in headers, texts and files, and holds the sum against what the classification allows. What can't
/// be read is held. A finding names rules and scores, never what stands in the message. Thread-safe.
/// </summary>
public sealed class WordCheck : IContentCheck
{
    private readonly WordRules rules;
    private readonly WordAutomaton automaton;

    /// <param name="rules">Words and thresholds.</param>
    /// <param name="name">As the configuration and the trail name it.</param>
    public WordCheck(WordRules rules, string name = "words")
    {
        this.rules = rules;
        Name = name;
        automaton = new WordAutomaton(rules.Words);
    }

    public string Name { get; }

    public ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken)
    {
        var findings = new FindingList(Name);
        var parts = MessageParts.Read(subject.Content, rules.Reading);
        foreach (var finding in parts.Findings()) findings.Add(CheckOutcome.Suspicious, finding);
        var reading = new WordReading(automaton, cancellationToken);
        foreach (var part in parts.All)
        {
            if (reading.Read(part) is { } fault) findings.Add(CheckOutcome.Suspicious, $"part {part.Number}: {fault}");
        }

        Judge(reading, ThresholdsFor(subject), findings);
        return ValueTask.FromResult(findings.ToVerdict());
    }

    // Other policies have the same numbers for other classifications.
    private WordThresholds ThresholdsFor(CheckSubject subject) =>
        subject.Classification is { } number && subject.Policy == rules.Policy && rules.ByClassification.TryGetValue(number, out var found) ? found : rules.Otherwise;

    private void Judge(WordReading reading, WordThresholds thresholds, FindingList findings)
    {
        var score = 0L;
        var counted = new List<(WordRule Rule, int Count)>();
        for (var i = 0; i < rules.Words.Length; i++)
        {
            var count = Math.Min(reading.CountOf(i), rules.MostOccurrences);
            if (count is 0) continue;
            counted.Add((rules.Words[i], count));
            score += (long)count * rules.Words[i].Weight;
        }

        if (score < thresholds.Hold) return;
        var outcome = score >= thresholds.Block ? CheckOutcome.Blocked : CheckOutcome.Suspicious;
        findings.Add(outcome, string.Create(CultureInfo.InvariantCulture, $"score {score}: held from {thresholds.Hold}, blocked from {thresholds.Block}"));
        foreach (var (rule, count) in counted.OrderByDescending(c => (long)c.Count * c.Rule.Weight))
            findings.Add(outcome, string.Create(CultureInfo.InvariantCulture, $"rule {rule.Name}: {count} of weight {rule.Weight}"));
    }
}
