using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Live;

/// <summary>
/// Renders each view that somebody watches once in its interval, for all who watch the same: fifty consoles on one page cost
/// one rendering and fifty copies. Nothing runs while nobody watches. Thread-safe.
/// </summary>
internal sealed partial class LiveHub(PageRenderer renderer, IServiceProvider services, TimeProvider time, ILogger<LiveHub> logger)
{
    /// <summary>Open consoles, and different views of them.</summary>
    private const int MostWatchers = 500;
    private const int MostViews = 200;

    private readonly Lock gate = new();
    private readonly Dictionary<ViewKey, LiveView> views = [];
    private int watchers;

    /// <summary>Null: there are too many.</summary>
    public LiveWatch? Watch(ConsolePage page, string? id, string query, OperatorIdentity who)
    {
        var key = new ViewKey(page.Path, id, query, who.Roles, page.IsPersonal ? who.Name : "");
        lock (gate)
        {
            if (watchers == MostWatchers) return null;
            if (!views.TryGetValue(key, out var view))
            {
                if (views.Count == MostViews) return null;
                views[key] = view = new LiveView();
                // Not under the lock: rendering asks others, and everybody who comes or goes would wait for it.
                _ = Task.Run(() => RunAsync(key, view, page, who), CancellationToken.None);
            }

            watchers++;
            var watch = new LiveWatch(gone => Leave(key, view, gone));
            view.Watches.Add(watch);
            if (view.Last is { } last) watch.Show(last);
            return watch;
        }
    }

    private void Leave(ViewKey key, LiveView view, LiveWatch watch)
    {
        lock (gate)
        {
            watchers--;
            view.Watches.Remove(watch);
            if (view.Watches.Count > 0 || !views.TryGetValue(key, out var known) || known != view) return;
            views.Remove(key);
            view.End.Cancel();
        }
    }

    private async Task RunAsync(ViewKey key, LiveView view, ConsolePage page, OperatorIdentity who)
    {
        using var timer = new PeriodicTimer(page.Live!.Value, time);
        try
        {
            do
            {
                var picture = await TakeAsync(key, page, who).ConfigureAwait(false);
                lock (gate)
                {
                    view.Last = picture;
                    foreach (var watch in view.Watches) watch.Show(picture);
                }
            }
            while (await timer.WaitForNextTickAsync(view.End.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Nobody watches it any more.
        }
        finally
        {
            view.End.Dispose();
        }
    }

    private async Task<byte[]> TakeAsync(ViewKey key, ConsolePage page, OperatorIdentity who)
    {
        try
        {
            var context = new ViewContext(who, ViewQuery.Parse(key.Query), key.Id, time.GetUtcNow(), Token: null);
            var html = await renderer.ViewAsync(page, context).ConfigureAwait(false);
            var banner = await renderer.BannerAsync(context).ConfigureAwait(false);
            return LiveEndpoint.Event(JsonSerializer.Serialize(new LivePicture(context.Now.ToUnixTimeMilliseconds(), html, banner, await AlarmCount.OfAsync(services).ConfigureAwait(false)), LiveJson.Default.LivePicture));
        }
        catch (Exception fault)
        {
            // The page shows that it is stale; the next picture may come.
            LogFailed(page.Path, fault);
            return ": no picture\n\n"u8.ToArray();
        }
    }

    [LoggerMessage(7001, LogLevel.Warning, "The live view of {Page} could not be rendered")]
    private partial void LogFailed(string page, Exception fault);

    private sealed record ViewKey(string Path, string? Id, string Query, OperatorRoles Roles, string Name);
}

/// <summary>One view and those who watch it; under the hub's lock.</summary>
internal sealed class LiveView
{
    public HashSet<LiveWatch> Watches { get; } = [];

    public byte[]? Last { get; set; }

    public CancellationTokenSource End { get; } = new();
}

/// <summary>One console. A slow one misses pictures; it never makes others wait.</summary>
internal sealed class LiveWatch(Action<LiveWatch> left) : IDisposable
{
    private readonly Channel<byte[]> pictures = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private int isDisposed;

    public void Show(byte[] picture) => pictures.Writer.TryWrite(picture);

    public async IAsyncEnumerable<byte[]> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var picture in pictures.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return picture;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0) left(this);
    }
}
