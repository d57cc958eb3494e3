using System.Diagnostics;
using System.Globalization;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Benchmarks.Labels;

/// <summary>How long a policy takes to load, the first time (cold code) and after.</summary>
internal static class PolicyLoadFigures
{
    private const int Times = 15;

    public static void Run()
    {
        Console.WriteLine("| policy | octets | categories | first ms | median ms | median processor ms | garbage |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        Measure("1 MiB", PolicyGenerator.OneMebibyte);
        Measure("of NATO's size", PolicyGenerator.LikeNato);
    }

    private static void Measure(string name, int categories)
    {
        var document = PolicyGenerator.Spif(categories);
        var (times, used) = (new double[Times], new double[Times]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++)
        {
            var (begun, usage) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            SpifReader.Read(document);
            times[i] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            used[i] = (Environment.CpuUsage.TotalTime - usage).TotalMilliseconds;
        }

        var garbage = (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
        var first = times[0];
        Array.Sort(times);
        Array.Sort(used);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {document.Length:N0} | {categories:N0} | {first:F1} | {times[Times / 2]:F1} | {used[Times / 2]:F1} | {garbage:N0} |"));
    }
}
