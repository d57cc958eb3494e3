using MilSwitch.Domain.Profiling;

namespace MilSwitch.Host.Commands;

/// <summary>Counts what a plan does with many messages, and where another one differs. For one thread.</summary>
/// <param name="plans">Where its catalogue is.</param>
/// <param name="profiler">The plan that is tried.</param>
/// <param name="against">What it is compared with; null: nothing.</param>
internal sealed class ProfileSimulation(ProfilePlans plans, Profiler profiler, Profiler? against)
{
    private readonly Dictionary<string, int> rules = profiler.Plan.Rules.ToDictionary(r => r.Name, _ => 0, StringComparer.Ordinal);
    private readonly SortedDictionary<string, (int Action, int Information)> addressees = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> codes = new(StringComparer.Ordinal);
    private readonly List<ProfileUnprofiledView> unprofiled = [];
    private readonly List<ProfileDifferenceView> differences = [];
    private int messages;

    public void Add(string file, ProfileSubject subject, DateTimeOffset at)
    {
        messages++;
        var decision = profiler.Decide(subject, at);
        foreach (var match in decision.Matches) rules[match.Rule.Name]++;
        foreach (var (mailbox, role) in decision.Addressees)
        {
            var counts = addressees.GetValueOrDefault(mailbox.Text);
            addressees[mailbox.Text] = role is ProfileRole.Action ? (counts.Action + 1, counts.Information) : (counts.Action, counts.Information + 1);
        }

        foreach (var code in subject.Codes.Select(c => c.ToUpperInvariant()).Distinct(StringComparer.Ordinal)) codes[code] = codes.GetValueOrDefault(code) + 1;
        if (decision.Unprofiled is { } reason) unprofiled.Add(new ProfileUnprofiledView(file, reason.Word(), subject.Fault));
        if (against is null) return;
        var (before, after) = (Line(against.Decide(subject, at)), Line(decision));
        if (!before.SequenceEqual(after, StringComparer.Ordinal)) differences.Add(new ProfileDifferenceView(file, before, after));
    }

    public ProfileSimulationView Result(string plan, string? other) => new(
        plan, other, messages,
        [.. profiler.Plan.Rules.Select(r => new ProfileRuleCountView(r.Name, rules[r.Name]))],
        [.. addressees.Select(a => new ProfileAddresseeCountView(a.Key, a.Value.Action, a.Value.Information))],
        [.. codes.Select(c => new ProfileCodeCountView(c.Key, plans.Catalogue?.Describe(c.Key), c.Value))],
        unprofiled, against is null ? null : differences);

    // Sorted: the order of rules changes nothing about who gets it.
    private static string[] Line(ProfileDecision decision) => decision.Unprofiled is { } reason
        ? ["unprofiled: " + reason.Word()]
        : [.. decision.Addressees.Select(a => $"{ProfileRendering.Word(a.Role)} {a.Mailbox.Text}").Order(StringComparer.Ordinal)];
}
