using System.Diagnostics;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>The demonstration as a newcomer runs it.</summary>
public sealed class DemoTests : IDisposable
{
    // Not SIGINT, which a test run in the background has been told to ignore; the demonstration treats both alike.
    private const int Terminate = 15;

    private readonly List<string> output = [];
    private readonly Process demo;

    public DemoTests() => demo = new Process { StartInfo = new ProcessStartInfo(SwitchProcess.Binary) { RedirectStandardOutput = true, RedirectStandardError = true } };

    public void Dispose()
    {
        demo.Kill(entireProcessTree: true);
        demo.Dispose();
    }

    [Fact]
    public async Task Every_story_comes_out_as_expected_and_nothing_is_left_behind()
    {
        Start("demo", "run", "--once");
        await demo.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(300));
        Assert.True(demo.ExitCode is 0, All());
        Assert.Equal(31, Lines().Count(l => l.TrimStart().StartsWith("actual:", StringComparison.Ordinal)));
        Assert.Equal(31, Lines().Count(l => l.TrimStart().StartsWith("expected:", StringComparison.Ordinal)));
        Assert.Contains(Lines(), l => l.StartsWith("All 31 stories came out as expected", StringComparison.Ordinal));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Ending_it_in_the_middle_ends_the_switch_too_and_leaves_nothing_behind()
    {
        Start("demo", "run");
        await Eventually.ComesTrueAsync(() => Lines().Any(l => l.StartsWith("2. ", StringComparison.Ordinal)), TimeSpan.FromSeconds(60), "the second story begins");
        ProcessTree.Signal(demo.Id, Terminate);
        await demo.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
        Assert.True(demo.ExitCode is 130, All());
        AssertNothingIsLeft();
    }

    private void Start(params string[] arguments)
    {
        foreach (var argument in arguments) demo.StartInfo.ArgumentList.Add(argument);
        demo.OutputDataReceived += (_, line) => Keep(line.Data);
        demo.ErrorDataReceived += (_, line) => Keep(line.Data);
        demo.Start();
        demo.BeginOutputReadLine();
        demo.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (output) output.Add(line);
    }

    private string[] Lines()
    {
        lock (output) return [.. output];
    }

    private string All() => string.Join('\n', Lines());

    // The first line names the process of the switch, the second its folder.
    private void AssertNothingIsLeft()
    {
        var configuration = Lines().Single(l => l.StartsWith("configuration:", StringComparison.Ordinal))["configuration:".Length..].Trim();
        Assert.False(Directory.Exists(Path.GetDirectoryName(configuration)), configuration);
        // Whichever of its lives it was, the switch has the configuration in its command line.
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc"), p => CommandLine(p).Contains(configuration, StringComparison.Ordinal));
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
