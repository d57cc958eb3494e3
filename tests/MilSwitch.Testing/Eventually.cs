using System.Diagnostics;

namespace MilSwitch.Testing;

/// <summary>Waits for something another process does. Polls against a deadline; never sleeps for luck.</summary>
public static class Eventually
{
    /// <exception cref="TimeoutException">It did not come true in time; names what was waited for.</exception>
    public static Task ComesTrueAsync(Func<bool> condition, TimeSpan within, string what, CancellationToken cancellationToken = default) =>
        ComesTrueAsync(() => Task.FromResult(condition()), within, what, cancellationToken);

    /// <inheritdoc cref="ComesTrueAsync(Func{bool},TimeSpan,string,CancellationToken)"/>
    public static async Task ComesTrueAsync(Func<Task<bool>> condition, TimeSpan within, string what, CancellationToken cancellationToken = default)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition().ConfigureAwait(false))
        {
            if (watch.Elapsed > within) throw new TimeoutException($"Not within {within.TotalSeconds:0.#} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }
}
