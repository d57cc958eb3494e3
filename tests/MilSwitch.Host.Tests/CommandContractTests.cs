using System.Diagnostics;
using System.Text.RegularExpressions;
using MilSwitch.Host.Commands;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>What holds for every command: exit codes, ids from standard input, progress, completion.</summary>
public sealed partial class CommandContractTests
{
    // Their options are not this program's, or they speak to other servers than a node.
    private static readonly string[] Apart = ["sendmail", "mtqp track", "demo run", "demo send"];

    public static TheoryData<string> Verbs => [.. CommandLine.Verbs(CommandEnvironment.Process()).Keys.Except(Apart, StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task An_option_that_there_is_not_is_wrong_use(string verb)
    {
        var run = await CommandRun.OfAsync([.. verb.Split(' '), "--no-such-option"]);
        Assert.Equal((ExitCodes.WrongUse, ""), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task Every_command_says_by_its_exit_code_that_the_node_is_away_or_lets_nobody_in()
    {
        await using var node = await TestNode.StartAsync();
        var asked = 0;
        foreach (var (verb, examples) in CommandLine.Verbs(CommandEnvironment.Process()))
        {
            var help = await CommandRun.OfAsync([.. verb.Split(' '), "--help"]);
            if (Apart.Contains(verb) || !help.Output.Contains("--token-file", StringComparison.Ordinal)) continue;
            asked++;
            var line = examples[0].Split(" | ").First(p => p.Contains("milswitch " + verb, StringComparison.Ordinal) || p.Contains(verb, StringComparison.Ordinal)).Split(" > ")[0].Split(" < ")[0];
            string[] arguments = [.. Word().Matches(line).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Value).Skip(1).Select(a => a is "evidence/" or "support.tar.gz" ? Path.Combine(node.Files.Folder, "x") : a is "secret.b64" ? node.Files.Write(a, "YSBzZWNyZXQ=\n", secret: true) : a)];
            var run = await RunAsync([.. arguments, "--node", "unix:/nowhere/admin.sock"]);
            Assert.True(run.ExitCode is ExitCodes.Unreachable, $"{verb}: {run}");
            Assert.Equal("", run.Output);
            run = await RunAsync([.. arguments, "--node", node.Admin, "--token-file", Path.Combine(node.Files.Folder, "wrong.token")]);
            Assert.True(run.ExitCode is ExitCodes.NotPermitted, $"{verb}: {run}");
        }

        Assert.True(asked > 40, $"only {asked} commands speak to a node");

        static Task<CommandRun> RunAsync(string[] arguments) => CommandRun.OfAsync(arguments, "0000G40000040 and more\n");
    }

    [Theory]
    [InlineData("message show -")]
    [InlineData("message raw -")]
    [InlineData("message decisions -")]
    [InlineData("message custody -")]
    [InlineData("message hold - --reason x")]
    [InlineData("hold show -")]
    public async Task An_id_comes_from_standard_input(string line)
    {
        await using var node = await TestNode.StartAsync();
        var run = await node.RunAsync(FakeOperatorActions.First + "  the rest of a table's line\n", false, line.Split(' '));
        Assert.True(run.ExitCode is 0 or 1, run.ToString());
        Assert.NotEqual("", run.Output);
    }

    [Fact]
    public async Task An_id_that_nothing_has_is_not_found()
    {
        await using var node = await TestNode.StartAsync();
        foreach (var line in new[] { "message show 0000000000000", "message raw 0000000000000", "rule show nothing", "dest show nowhere:25", "trace show 99", "trace stop 99", "hold show 0000000000000" })
        {
            var run = await node.RunAsync(line.Split(' '));
            Assert.True(run.ExitCode is ExitCodes.NotFound, $"{line}: {run}");
        }
    }

    [Fact]
    public async Task Many_ids_go_in_several_requests_and_show_how_far_it_is_where_a_person_reads_it()
    {
        await using var node = await TestNode.StartAsync();
        var ids = string.Concat(Enumerable.Repeat(FakeOperatorActions.First + "\n", 1200));
        var run = await RunAsync(true);
        Assert.Contains("\rhold: 500 of 1200 (41 %)", run.Error, StringComparison.Ordinal);
        Assert.Equal(1200, Regex.Count(run.Output, "\"id\":"));
        Assert.Equal(3, node.Requests.Operations.Count(o => o == "act"));
        Assert.DoesNotContain("\r", (await RunAsync(false)).Error, StringComparison.Ordinal);

        async Task<CommandRun> RunAsync(bool terminal)
        {
            using var output = new StringWriter();
            using var error = new StringWriter();
            var exitCode = await CommandLine.RunAsync(["message", "hold", "-", "--reason", "x", "--json"], new CommandEnvironment
            {
                Input = new StringReader(ids), Output = output, Error = error, OpenOutput = () => Stream.Null, IsInputTerminal = false, IsErrorTerminal = terminal,
                Variable = name => name == "MILSWITCH_NODE" ? "unix:" + node.Socket : null,
            });
            return new CommandRun(exitCode, output.ToString(), error.ToString());
        }
    }

    [RequiresTheory("bash")]
    [InlineData("milswitch queue sh", "shape")]
    [InlineData("milswitch messag", "message")]
    [InlineData("milswitch queue shape --b", "--by")]
    [InlineData("milswitch queue shape --by se", "sender")]
    public async Task A_real_bash_completes_the_line(string line, string expected)
    {
        var script = (await CommandRun.OfAsync(["completion", "bash"])).Output;
        var program = Path.Combine(AppContext.BaseDirectory, "milswitch");
        Assert.True(File.Exists(program), program);
        var words = line.Split(' ');
        var run = await BashAsync($$"""
            {{script}}
            complete -p milswitch
            COMP_WORDS=({{program}} {{string.Join(' ', words[1..])}})
            COMP_CWORD={{words.Length - 1}}
            COMP_LINE='{{line}}'
            COMP_POINT={{line.Length}}
            _milswitch
            printf '%s\n' "${COMPREPLY[@]}"
            """);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("complete ", lines[0], StringComparison.Ordinal);
        Assert.Contains(expected, lines[1..]);
        Assert.All(lines[1..], l => Assert.StartsWith(words[^1], l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Completion_is_written_for_the_shells_that_there_are()
    {
        Assert.Contains("compdef _milswitch milswitch", (await CommandRun.OfAsync(["completion", "zsh"])).Output, StringComparison.Ordinal);
        Assert.Contains("complete -c milswitch", (await CommandRun.OfAsync(["completion", "fish"])).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.WrongUse, (await CommandRun.OfAsync(["completion", "cmd"])).ExitCode);
    }

    private static async Task<CommandRun> BashAsync(string script)
    {
        using var process = Process.Start(new ProcessStartInfo(Requirement.Find("bash")!, ["--norc", "--noprofile", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return new CommandRun(process.ExitCode, await output, await error);
    }

    [GeneratedRegex(@"'([^']*)'|\S+")]
    private static partial Regex Word();
}
