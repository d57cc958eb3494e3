using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Operations;

/// <summary>
/// What other settings would have made of the traffic of the last days: routes, label policies and the profiler's plan. Nothing is
/// sent, changed or shown of any text. Thread-safe.
/// </summary>
public interface ISettingsTrial
{
    /// <summary>Days of traffic that can be looked at.</summary>
    public const int MostDays = 7;

    /// <summary>Messages that one trial looks at.</summary>
    public const int MostMessages = 5_000;

    /// <summary>Judges the newest messages of the last days by the settings in force and by those of the file, and compares.</summary>
    /// <param name="question">What is tried, and on what.</param>
    /// <param name="who">For <see cref="OperatorRight.Configure"/> and <see cref="OperatorRight.SwitchPlan"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FormatException">A figure is out of range, there is no such plan, or another trial is under way; the text is for the person.</exception>
    /// <exception cref="NotPermittedException">This person may not.</exception>
    ValueTask<SettingsTrial> TryAsync(TrialQuestion question, OperatorIdentity who, CancellationToken cancellationToken);
}

/// <param name="Days">Of traffic, 1 to <see cref="ISettingsTrial.MostDays"/>.</param>
/// <param name="Messages">The newest so many, 1 to <see cref="ISettingsTrial.MostMessages"/>.</param>
/// <param name="Plan">The profiler's plan that is tried; null: the one that counts now.</param>
public sealed record TrialQuestion(int Days, int Messages, string? Plan);

/// <summary>What came of a trial.</summary>
/// <param name="Problems">Of the file; with one of them nothing was tried.</param>
/// <param name="From">Since when messages were looked at.</param>
/// <param name="Messages">How many were.</param>
/// <param name="IsCut">There are more than were looked at.</param>
/// <param name="Copies">How many copies of them, one a recipient, have a way.</param>
/// <param name="Ways">How many copies take each way, before and after; by name.</param>
/// <param name="Profiled">Messages that the profiler's rules were tried on.</param>
/// <param name="Gone">Messages to the profiler that could not be tried: their content is not kept any more, or too large.</param>
/// <param name="Different">Copies and profiled messages that would fare otherwise.</param>
/// <param name="Differences">The first of them.</param>
public sealed record SettingsTrial(
    IReadOnlyList<SettingsProblem> Problems, DateTimeOffset From, int Messages, bool IsCut, int Copies, IReadOnlyList<WayCount> Ways, int Profiled, int Gone, int Different,
    IReadOnlyList<TrialDifference> Differences);

/// <param name="Way">A link, a list or the profiler, with what the label makes of it; or why there is none.</param>
/// <param name="Before">Copies by the settings in force.</param>
/// <param name="After">Copies by those that were tried.</param>
public sealed record WayCount(string Way, int Before, int After);

/// <param name="Id">The message.</param>
/// <param name="Recipient">For whom the copy is; of a profiled message the profiler's address.</param>
/// <param name="Before">What became of it by the settings in force.</param>
/// <param name="After">What would.</param>
public sealed record TrialDifference(MessageId Id, string Recipient, string Before, string After);
