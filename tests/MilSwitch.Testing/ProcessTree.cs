using System.Globalization;
using System.Runtime.InteropServices;

namespace MilSwitch.Testing;

/// <summary>What /proc knows about a process and all that descend from it.</summary>
public static partial class ProcessTree
{
    // USER_HZ is 100 on every architecture Debian has.
    private const double TicksPerSecond = 100;

    private const int Parent = 1, UserTime = 11, ChildrenSystemTime = 14, ResidentPages = 21;

    /// <summary>
    /// Processor time of the process, of its living descendants and of all dead ones that were waited for. Grows only,
    /// so differences are exact also for daemons that come and go.
    /// </summary>
    public static TimeSpan ProcessorTime(int root)
    {
        long ticks = 0;
        foreach (var process in Members(root))
            for (var field = UserTime; field <= ChildrenSystemTime; field++) ticks += long.Parse(process[field], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>
    /// Processor time of the threads of a .NET process that live, but for those that compile: what was begun at a start or under
    /// load is compiled again in the background for seconds after it, whatever the program does. Threads are keys, since each ends
    /// at a time of its own.
    /// </summary>
    public static IReadOnlyDictionary<int, TimeSpan> ThreadTimes(int process)
    {
        var times = new Dictionary<int, TimeSpan>();
        foreach (var folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                if (text.Contains("(.NET Tiered Com", StringComparison.Ordinal)) continue;
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                times[int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)] =
                    TimeSpan.FromSeconds((long.Parse(fields[UserTime], CultureInfo.InvariantCulture) + long.Parse(fields[UserTime + 1], CultureInfo.InvariantCulture)) / TicksPerSecond);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        return times;
    }

    /// <summary>Resident octets of the process and its descendants; shared pages count in each.</summary>
    public static long ResidentOctets(int root) =>
        Members(root).Sum(p => long.Parse(p[ResidentPages], CultureInfo.InvariantCulture)) * Environment.SystemPageSize;

    /// <summary>Processor time that all of the machine spent, in any process.</summary>
    public static TimeSpan MachineTime()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // user nice system (idle iowait) irq softirq
        long ticks = 0;
        foreach (var field in (int[])[1, 2, 3, 6, 7]) ticks += long.Parse(fields[field], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>SIGKILL 9, SIGTERM 15, SIGHUP 1, SIGSTOP 19, SIGCONT 18. False when there is no such process.</summary>
    public static bool Signal(int process, int signal) => Kill(process, signal) is 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    // The fields behind the name, which may hold blanks and brackets: state is [0], parent [1] (proc(5) counts them 3 and 4).
    private static List<string[]> Members(int root)
    {
        var all = new Dictionary<int, string[]>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id)) continue;
            try
            {
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                all[id] = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        var members = new List<string[]>();
        foreach (var (id, fields) in all)
        {
            var at = id;
            for (var steps = 0; at != root && all.TryGetValue(at, out var process) && steps < 64; steps++)
                at = int.Parse(process[Parent], CultureInfo.InvariantCulture);
            if (at == root) members.Add(fields);
        }

        return members;
    }
}
