namespace MilSwitch.Dashboard.Tests;

/// <summary>Gives a text, on another thread than it was asked on.</summary>
public sealed class SlowSource
{
    private int asked;

    public int Asked => Volatile.Read(ref asked);

    public async Task<string> FindAsync()
    {
        Interlocked.Increment(ref asked);
        await Task.Yield();
        return "<late>";
    }
}
