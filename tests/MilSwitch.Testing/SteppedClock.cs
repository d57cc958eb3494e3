namespace MilSwitch.Testing;

/// <summary>
/// The clock of one process, which somebody sets while it runs: the time of day jumps, elapsed time does not. A library of ours
/// is loaded between the process and the system (tests/MilSwitch.Integration/Faults/clock.c); see <see cref="FaultyDevice.Compiler"/>
/// for what that needs. Not thread-safe.
/// </summary>
public sealed class SteppedClock
{
    private static readonly Lazy<string> Library = new(() => FaultyDevice.Compile("clock"));

    private readonly string file;

    /// <param name="file">Where the shift is kept; made.</param>
    public SteppedClock(string file)
    {
        this.file = file;
        Set(TimeSpan.Zero);
        Environment = new Dictionary<string, string> { ["LD_PRELOAD"] = Library.Value, ["CLOCK_SHIFT"] = file };
    }

    /// <summary>For the process that shall have this clock.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>From now on it is off by this much.</summary>
    public void Set(TimeSpan shift)
    {
        // In place: the process looks at the file itself, not at its name.
        using var kept = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        kept.Write(BitConverter.GetBytes(shift.Ticks * TimeSpan.NanosecondsPerTick));
    }
}
