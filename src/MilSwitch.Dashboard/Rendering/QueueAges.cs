using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>
/// How long things have waited, for all consoles. It takes a walk along the whole queue, so that it is looked at again only
/// after much longer than the walk took. Thread-safe.
/// </summary>
internal sealed class QueueAges(IOperatorActions actions, TimeProvider time)
{
    private const int Share = 50;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<QueueShapeBy, Picture> known = [];
    private readonly Dictionary<QueueShapeBy, Task<Picture>> underWay = [];

    /// <summary>As of <see cref="Picture.At"/>.</summary>
    public async Task<Picture> LookAsync(QueueShapeBy by)
    {
        Task<Picture>? look;
        lock (gate)
        {
            if (known.TryGetValue(by, out var last) && time.GetUtcNow() - last.At < Longer(last.Took)) return last;
            if (!underWay.TryGetValue(by, out look)) underWay[by] = look = Task.Run(() => TakeAsync(by));
        }

        return await look.ConfigureAwait(false);
    }

    private static TimeSpan Longer(TimeSpan took) => took * Share > Shortest ? took * Share : Shortest;

    private async Task<Picture> TakeAsync(QueueShapeBy by)
    {
        try
        {
            var (began, now) = (time.GetTimestamp(), time.GetUtcNow());
            var rows = await actions.ShapeAsync(by, CancellationToken.None).ConfigureAwait(false);
            var picture = new Picture(rows, now, time.GetElapsedTime(began));
            lock (gate) known[by] = picture;
            return picture;
        }
        finally
        {
            lock (gate) underWay.Remove(by);
        }
    }

    /// <param name="Rows">As the switch gives them.</param>
    /// <param name="At">When it was looked.</param>
    /// <param name="Took">How long that took.</param>
    public sealed record Picture(IReadOnlyList<QueueShapeRow> Rows, DateTimeOffset At, TimeSpan Took);
}
