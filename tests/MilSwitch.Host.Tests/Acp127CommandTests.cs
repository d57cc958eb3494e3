using System.Text;
using System.Text.Json;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;
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

    [Fact]
    [Trait("Feature", "S-02")]
    public async Task A_message_becomes_mail_and_the_mail_the_message_again()
    {
        using var files = new ConfigurationFiles();
        var directory = files.Write("stations.yaml", "stations:\n- { name: SACLANT, mail: sac@nato.example }\n- { name: MINDEF, routing: RXFPA, mail: mindef@mod.example }\n");
        var (exitCode, mail) = await RunAsync("to-mail", Sample, ["--directory", directory, "--host-name", "edge.example"]);
        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.StartsWith("recipients: mindef@mod.example\nFrom: SACLANT <sac@nato.example>\r\nTo: MINDEF <mindef@mod.example>\r\n", mail, StringComparison.Ordinal);
        var (backCode, back) = await RunAsync("from-mail", mail[(mail.IndexOf('\n', StringComparison.Ordinal) + 1)..], ["--directory", directory, "--station", "RZZZZ"]);
        Assert.Equal(ExitCodes.Done, backCode);
        Assert.StartsWith("OO RXFPA\r\r\nDE RPDLE 1234 0341215\r\r\nZNR UUUUU\r\r\nO P 031215Z FEB 26\r\r\nFM SACLANT\r\r\nTO RXFPA/MINDEF\r\r\nINFO ZEN/CINCFLEET\r\r\n", back, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "S-02")]
    public async Task What_can_not_be_mapped_names_line_or_field_and_ends_with_1()
    {
        using var files = new ConfigurationFiles();
        var directory = files.Write("stations.yaml", "stations:\n- { name: SACLANT, mail: sac@nato.example }\n");
        var (exitCode, output) = await RunAsync("to-mail", Sample, ["--directory", directory]);
        Assert.Equal(ExitCodes.Bad, exitCode);
        Assert.Contains("\n>    6 TO RXFPA/MINDEF\n", output, StringComparison.Ordinal);
        var (refused, reason) = await RunAsync("from-mail", "From: x@y.example\r\nMMHS-Primary-Precedence: deferred\r\n\r\nUNCLAS\r\n", ["--directory", directory, "--station", "RPDLE", "--to", "sac@nato.example"]);
        Assert.Equal((ExitCodes.Bad, "refused: MMHS-Primary-Precedence: the level has no prosign\n"), (refused, reason));
    }

    [Fact]
    [Trait("Feature", "S-02")]
    public async Task JSON_has_what_was_made_or_why_not()
    {
        using var files = new ConfigurationFiles();
        var directory = files.Write("stations.yaml", "stations:\n- { name: SACLANT, mail: sac@nato.example }\n- { name: MINDEF, routing: RXFPA, mail: mindef@mod.example }\n");
        using var made = JsonDocument.Parse((await RunAsync("to-mail", Sample, ["--directory", directory, "--json"])).Output);
        Assert.Equal(["made", "recipients", "mail"], made.RootElement.EnumerateObject().Select(p => p.Name));
        var mail = made.RootElement.GetProperty("mail").GetString()!;
        using var back = JsonDocument.Parse((await RunAsync("from-mail", mail, ["--directory", directory, "--station", "RZZZZ", "--json"])).Output);
        Assert.Equal("RPDLE 1234 0341215", back.RootElement.GetProperty("identifier").GetString());
        using var garbled = JsonDocument.Parse((await RunAsync("to-mail", Sample.Replace("MINDEF", "MINDEX", StringComparison.Ordinal), ["--directory", directory, "--json"])).Output);
        Assert.Equal(["made", "line", "formatLine", "reason"], garbled.RootElement.EnumerateObject().Select(p => p.Name));
        using var refused = JsonDocument.Parse((await RunAsync("from-mail", mail.Replace("immediate", "deferred", StringComparison.Ordinal), ["--directory", directory, "--station", "RZZZZ", "--json"])).Output);
        Assert.Equal("MMHS-Primary-Precedence", refused.RootElement.GetProperty("field").GetString());
    }

    [Fact]
    [Trait("Feature", "S-02")]
    public void Every_problem_of_a_directory_has_its_line()
    {
        using var files = new ConfigurationFiles();
        var path = files.Write("stations.yaml", """
            stations:
            - { name: SACLANT, routing: XPDLE, mail: sac }
            - { name: saclant, routing: RPDLE }
            - { name: MINDEF }
            - { name: NORTH, mail: a@b.example }
            - { name: NORTH, mail: c@b.example }
            - { name: SOUTH, mail: a@b.example, phone: 1 }
            station: 1
            """);
        Assert.Null(Acp127DirectoryFile.Read(path, out var problems));
        Assert.Equal(
            [(2, "stations[0].routing"), (2, "stations[0].mail"), (3, "stations[1].name"), (4, "stations[2].routing"), (6, "stations[4].name"), (7, "stations[5].mail"), (7, "stations[5].phone"), (8, "station")],
            problems.Select(p => (p.Line, p.Key)));
    }

    private static Task<(int ExitCode, string Output)> RunAsync(string message, params string[] options) => RunAsync("check", message, options);

    private static async Task<(int ExitCode, string Output)> RunAsync(string verb, string message, string[] options)
    {
        using var data = new MemoryStream();
        using var output = new StringWriter { NewLine = "\n" };
        var environment = CommandEnvironment.Process() with { Output = output, Error = output, OpenOutput = () => data, OpenInput = () => new MemoryStream(Encoding.Latin1.GetBytes(message)) };
        var exitCode = await CommandLine.RunAsync(["acp127", verb, "-", .. options], environment);
        return (exitCode, output + Encoding.ASCII.GetString(data.ToArray()));
    }
}
