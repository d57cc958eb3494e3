using System.Text;
using System.Text.Json;
using MilSwitch.Host.Commands;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "S-01")]
public sealed class Acp127CommandTests
{
    private static readonly string Sample = File.ReadAllText(Path.Combine(Workspace.RepositoryRoot, "docs/operations/acp127.md")).Split("```\n")[1];

    [Fact]
    public async Task The_example_of_the_page_is_sound()
    {
        var (exitCode, output) = await RunAsync(Sample);
        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.StartsWith("sound: RPDLE 1234 0341215\nprecedence: immediate, information priority\ndate-time group: 031215Z FEB 26\n", output, StringComparison.Ordinal);
        Assert.Contains("info: ZEN/CINCFLEET\nclassification: UNCLAS\nsubject indicator codes: ABC DEF\ngroups: 6\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_garble_marks_its_line_and_ends_with_1()
    {
        var (exitCode, output) = await RunAsync(Sample.Replace("GR6", "GR7", StringComparison.Ordinal));
        Assert.Equal(ExitCodes.Bad, exitCode);
        Assert.Contains("\n>    8 GR7\n     9 BT\n", output, StringComparison.Ordinal);
        Assert.Contains("garbled: line 8, format line 10: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_names_line_and_format_line()
    {
        using var json = JsonDocument.Parse((await RunAsync(Sample.Replace("DE ", "DX ", StringComparison.Ordinal), "--json")).Output);
        Assert.Equal(["sound", "line", "formatLine", "reason"], json.RootElement.EnumerateObject().Select(p => p.Name));
        using var sound = JsonDocument.Parse((await RunAsync(Sample, "--json")).Output);
        Assert.Equal("RXFPA/MINDEF", sound.RootElement.GetProperty("to")[0].GetString());
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string message, params string[] options)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var environment = CommandEnvironment.Process() with { Output = output, Error = output, OpenInput = () => new MemoryStream(Encoding.Latin1.GetBytes(message)) };
        var exitCode = await CommandLine.RunAsync(["acp127", "check", "-", .. options], environment);
        return (exitCode, output.ToString());
    }
}
