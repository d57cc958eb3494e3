using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Statistics;

namespace MilSwitch.Switching.Statistics;

/// <summary>
/// Walks through the store for statistics, newest message first, page by page and one walk at a time, so that who asks costs
/// the mail little.
/// </summary>
internal sealed class StatisticsDesk(SwitchRuntime runtime)
{
    /// <summary>Messages that one walk counts.</summary>
    public const int MostMessages = 200_000;

    /// <summary>Pages that one walk reads: also messages out of the period are looked at.</summary>
    private const int MostPages = 2 * MostMessages / Page;

    private const int Page = 500;

    /// <summary>The clock of a node may step back by less; ids within a run rise with its time but for that.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim turn = new(1);

    public async ValueTask<SwitchStatistics> CountAsync(StatisticsQuery query, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var counter = new StatisticsCounter(query.By, runtime.Configuration.Precedences);
            var isComplete = await WalkAsync(query, counter, cancellationToken).ConfigureAwait(false);
            return new SwitchStatistics(query, counter.Messages, isComplete, counter.Rows());
        }
        finally
        {
            turn.Release();
        }
    }

    /// <returns>False: there are more messages than a walk may count.</returns>
    private async ValueTask<bool> WalkAsync(StatisticsQuery query, StatisticsCounter counter, CancellationToken cancellationToken)
    {
        MessageId? before = null;
        for (var pages = 0; pages < MostPages && counter.Messages < MostMessages; pages++)
        {
            var page = await runtime.Spool.QueryAsync(new MessageQuery { Before = before, AcceptedUntil = query.Until, Limit = Page }, cancellationToken).ConfigureAwait(false);
            var counted = page.Where(m => m.Envelope.ArrivedAt >= query.Since && m.Envelope.ArrivedAt < query.Until).ToList();
            var delivered = await runtime.Spool.FindAuditAsync([.. counted.Select(m => m.Id)], AuditKind.Delivered, cancellationToken).ConfigureAwait(false);
            var byMessage = delivered.ToLookup(d => d.Message);
            foreach (var message in counted) counter.Add(message, [.. byMessage[message.Id]]);
            if (page.Count < Page) return true;
            // What is below in this run is older still; runs of other nodes lie below it.
            before = page.All(m => m.Envelope.ArrivedAt < query.Since - Slack) ? MessageId.Create(page[^1].Id.Run, 0, 0) : page[^1].Id;
        }

        return false;
    }
}
