using System.Globalization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Host.Running;

/// <summary>Tries the file as it is now, before anybody applies it. One trial at a time: it takes a thread and reads the store. Thread-safe.</summary>
/// <param name="spool">Null: a node without a store of its own has no traffic to look at.</param>
internal sealed class SettingsTrialDesk(ISpool? spool, ConfigurationHolder configuration, IOperatorActions actions, TimeProvider time) : ISettingsTrial
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim one = new(1, 1);

    public async ValueTask<SettingsTrial> TryAsync(TrialQuestion question, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (!who.Roles.Allow(OperatorRight.SwitchPlan)) who.Demand(OperatorRight.Configure);
        Within(question.Days, ISettingsTrial.MostDays, "days");
        Within(question.Messages, ISettingsTrial.MostMessages, "messages");
        if (!await one.WaitAsync(TimeSpan.Zero, cancellationToken)) throw new FormatException("a trial is under way already; look again in a moment");
        try
        {
            return await Task.Run(() => TryAsync(question, cancellationToken), cancellationToken);
        }
        finally
        {
            one.Release();
        }
    }

    private async Task<SettingsTrial> TryAsync(TrialQuestion question, CancellationToken cancellationToken)
    {
        var from = time.GetUtcNow() - TimeSpan.FromDays(question.Days);
        var current = configuration.Current;
        var (problems, candidate) = ConfigurationReader.Read(current.File);
        if (candidate is null || spool is null) return new SettingsTrial([.. problems.Select(p => new SettingsProblem(p.File, p.Line, p.Key, p.Text))], from, 0, false, 0, [], 0, 0, 0, []);
        var plans = candidate.Switch.Profilers.Plans;
        if (question.Plan is { } plan && plans.Find(plan) is null) throw new FormatException($"the file has no plan '{plan}' of the profiler");
        var choice = (await actions.ProfileAsync(cancellationToken)).Choice;
        var began = time.GetTimestamp();
        return await new TrafficTrial(spool, current.Switch, candidate.Switch, choice, question.Plan).RunAsync(from, question.Messages, () => time.GetElapsedTime(began) > Longest, cancellationToken);
    }

    private static void Within(int number, int most, string what)
    {
        if (number < 1 || number > most) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{what} are 1 to {most}"));
    }
}
