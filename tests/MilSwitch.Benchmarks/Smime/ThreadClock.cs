using System.Runtime.InteropServices;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>Processor time of the calling thread: what others do on the machine does not count.</summary>
internal static partial class ThreadClock
{
    private const int ThreadProcessorTime = 3;

    /// <summary>Seconds.</summary>
    public static double Now
    {
        get
        {
            if (Read(ThreadProcessorTime, out var time) is not 0) throw new InvalidOperationException("the system has no clock for threads");
            return time.Seconds + (time.Nanoseconds * 1e-9);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
