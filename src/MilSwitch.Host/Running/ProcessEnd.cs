using System.Runtime.InteropServices;

namespace MilSwitch.Host.Running;

/// <summary>The end of a process that must not tidy up.</summary>
internal static class ProcessEnd
{
    /// <summary>
    /// Ends now. Handlers of an orderly exit would wait for what can't come any more, and closing the store would sync it
    /// once more and take a good answer for the truth.
    /// </summary>
    public static void AtOnce(int exitCode)
    {
        if (OperatingSystem.IsWindows()) Environment.Exit(exitCode);
        ExitNow(exitCode);
    }

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitNow(int exitCode);
}
