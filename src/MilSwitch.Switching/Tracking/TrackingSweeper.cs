using Microsoft.Extensions.Hosting;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Switching.Tracking;

/// <summary>Forgets what messages could be found by when their time is over, page by page. Nodes of a cluster may all do so.</summary>
internal sealed class TrackingSweeper(SwitchRuntime runtime) : BackgroundService
{
    /// <summary>Nobody is told of a message whose time is over, so it may stay a while.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(30);

    private const int Page = 500;

    private static readonly string[] Kinds = [TrackingDocuments.Kind, ReceiptNames.Kind];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, runtime.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await SweepAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (SpoolUnavailableException)
            {
                // The next time.
            }
        }
    }

    /// <summary>One walk along all of them.</summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in Kinds) await SweepAsync(kind, cancellationToken).ConfigureAwait(false);
    }

    private async Task SweepAsync(string kind, CancellationToken cancellationToken)
    {
        var after = "";
        while (true)
        {
            var page = await runtime.Spool.PageDocumentsAsync(kind, after, Page, cancellationToken).ConfigureAwait(false);
            foreach (var document in page)
            {
                if (await IsOverAsync(document, cancellationToken).ConfigureAwait(false))
                    await runtime.Spool.RemoveDocumentAsync(document.Kind, document.Id, cancellationToken).ConfigureAwait(false);
            }

            if (page.Count < Page) return;
            after = page[^1].Id;
        }
    }

    private async ValueTask<bool> IsOverAsync(StoredDocument document, CancellationToken cancellationToken)
    {
        if (!MessageNames.TryRead(document, out var id, out var until)) return true;
        if (until > runtime.Now) return false;
        try
        {
            return await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { State: not MessageState.Done };
        }
        catch (ContentDamagedException)
        {
            // It waits for a person, and so does this.
            return false;
        }
    }
}
