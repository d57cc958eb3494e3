using System.Collections.Immutable;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Lanes;

/// <summary>
/// Runs the checks of a boundary over messages, side by side, each within its places and the deadline of the message's level.
/// Whatever keeps a check from a verdict (slow, crashed, overrun) is Undecided. Thread-safe.
/// </summary>
public sealed class CheckLanes : IContentChecker
{
    private readonly ImmutableArray<(IContentCheck Check, Lane Lane)> checks;
    private readonly LaneRules rules;
    private readonly TimeProvider time;

    /// <param name="checks">In the order of the verdicts; names stand once each.</param>
    /// <param name="rules">Places and deadlines.</param>
    /// <param name="time">Runs the deadlines.</param>
    /// <exception cref="ArgumentException">Two checks have one name, or the rules contradict themselves.</exception>
    public CheckLanes(ImmutableArray<IContentCheck> checks, LaneRules rules, TimeProvider time)
    {
        if (rules.Problem is { } problem) throw new ArgumentException(problem, nameof(rules));
        if (checks.DistinctBy(c => c.Name, StringComparer.Ordinal).Count() != checks.Length) throw new ArgumentException("two checks have one name", nameof(checks));
        this.checks = [.. checks.Select(c => (c, new Lane(rules)))];
        this.rules = rules;
        this.time = time;
    }

    /// <summary>Has all checks judge a message.</summary>
    /// <param name="subject">Its octets must stay as they are until every check is done with them, which for one that is too slow may be after this returns.</param>
    /// <param name="cancellationToken">Nobody wants the verdicts any more.</param>
    /// <returns>One verdict of each check, in the order of the checks.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled by the caller.</exception>
    public async ValueTask<ImmutableArray<CheckVerdict>> RunAsync(CheckSubject subject, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(rules.DeadlineOf(subject.Precedence), time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var verdicts = await Task.WhenAll(checks.Select(c => CountedAsync(c.Check, c.Lane, subject, ends.Token))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return [.. verdicts];
    }

    private async Task<CheckVerdict> CountedAsync(IContentCheck check, Lane lane, CheckSubject subject, CancellationToken ends)
    {
        var started = time.GetTimestamp();
        var verdict = await JudgeAsync(check, lane, subject, ends).ConfigureAwait(false);
        CheckMeter.Count(verdict, time.GetElapsedTime(started));
        return verdict;
    }

    private static async Task<CheckVerdict> JudgeAsync(IContentCheck check, Lane lane, CheckSubject subject, CancellationToken ends)
    {
        try
        {
            if (!await lane.EnterAsync(subject.Precedence, ends).ConfigureAwait(false)) return Undecided(check, "too many messages wait for the check");
            // A check that does not heed its token keeps its place until it is done, so that such checks don't pile up.
            var work = Task.Run(() => RunAsync(check, lane, subject, ends), CancellationToken.None);
            return await work.WaitAsync(ends).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Undecided(check, "the check took longer than the level allows");
        }
    }

    // The boundary at which whatever goes wrong in a check becomes a verdict. What it says may hold content, so it is not passed on.
    private static async Task<CheckVerdict> RunAsync(IContentCheck check, Lane lane, CheckSubject subject, CancellationToken ends)
    {
        try
        {
            var verdict = await check.CheckAsync(subject, ends).ConfigureAwait(false);
            return Sound(check, verdict);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            return Undecided(check, "the check took longer than the level allows");
        }
        catch (Exception fault)
        {
            return Undecided(check, $"the check failed: {fault.GetType().Name}");
        }
        finally
        {
            lane.Leave();
        }
    }

    // Of a check that somebody else wrote: a null, a number that is no outcome, no findings.
    private static CheckVerdict Sound(IContentCheck check, CheckVerdict? verdict)
    {
        if (verdict is null || !Enum.IsDefined(verdict.Outcome)) return Undecided(check, "the check gave no verdict");
        var findings = verdict.Findings.IsDefault ? [] : verdict.Findings;
        if (findings.IsEmpty && verdict.Outcome is not CheckOutcome.Passed) findings = ["the check gave no reason"];
        return new CheckVerdict(check.Name, verdict.Outcome, findings);
    }

    private static CheckVerdict Undecided(IContentCheck check, string finding) => new(check.Name, CheckOutcome.Undecided, [finding]);
}
