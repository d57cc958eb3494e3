using System.Text;
using System.Text.Json;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "M-01")]
[Trait("Feature", "M-02")]
[Trait("Feature", "D-07")]
public sealed class ProfileCommandTests : IDisposable
{
    private const string Message =
        "From: a@x.example\nSubject: Move\nDate: Mon, 30 Nov 2026 20:00:00 +0000\nMMHS-Primary-Precedence: flash\nMMHS-Subject-Indicator-Codes: KAA\n\nText\n";

    private static readonly string Sample = Path.Combine(ConfigurationFiles.Repository, "config/profile.yaml");

    private readonly ConfigurationFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task The_sample_is_sound_and_decides()
    {
        var check = await RunAsync("profile", "check", Sample);
        Assert.Equal((0, "plan peace: 6 rules, in force\nplan war: 6 rules\n"), check);
        var file = files.Write("m.eml", Message);
        var explained = await RunAsync("profile", "explain", "--plan", Sample, "--json", file);
        Assert.Equal(0, explained.ExitCode);
        var root = JsonDocument.Parse(explained.Output).RootElement;
        Assert.Equal(["operations", "operations at night"], root.GetProperty("matches").EnumerateArray().Select(m => m.GetProperty("rule").GetString()));
        Assert.Equal("Operations: general", root.GetProperty("codes")[0].GetProperty("description").GetString());
        var war = await RunAsync("profile", "explain", "--plan", Sample, "--name", "war", "--role", "info", file);
        Assert.Contains("info ops@hq.example.org", war.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("action", war.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("commander", war.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_why_a_message_is_unprofiled()
    {
        var file = files.Write("m.eml", Message.Replace("Subject:", "MMHS-Message-Instructions: NO DISTRIBUTION\nSubject:", StringComparison.Ordinal));
        var explained = await RunAsync("profile", "explain", "--plan", Sample, file);
        Assert.Equal(1, explained.ExitCode);
        Assert.Contains("unprofiled: no-distribution", explained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Selects_by_the_name_of_a_label()
    {
        var plan = files.Write("plan.yaml", "plan: p\nplans: p\nrules: [{ name: r, label: [{ policy: alfa, classification: secret }], action: a@x.example }]\n");
        var label = await RunAsync("label", "encode", "ALFA SECRET", "--as", "sio-label", "--spif", Path.Combine(ConfigurationFiles.Repository, "config/policies/alfa.xml"));
        Assert.Equal(0, label.ExitCode);
        var file = files.Write("m.eml", label.Output.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n') + "\n" + Message);
        Assert.Equal(0, (await RunAsync("profile", "explain", file, "--plan", plan, "--spif", Path.Combine(ConfigurationFiles.Repository, "config/policies/alfa.xml"))).ExitCode);
        Assert.Equal(1, (await RunAsync("profile", "explain", "--plan", plan, file)).ExitCode);
    }

    [Fact]
    public async Task Simulates_a_plan_and_tells_the_differences_from_another()
    {
        var box = Directory.CreateDirectory(Path.Combine(files.Folder, "box", "cur")).FullName;
        await File.WriteAllTextAsync(Path.Combine(box, "1:2,S"), Message);
        await File.WriteAllTextAsync(Path.Combine(files.Folder, "box", "2.eml"), Message.Replace("KAA", "ZZZ", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(files.Folder, "box", "notes.txt"), "none");
        var run = await RunAsync("profile", "simulate", "--plan", Sample, "--name", "war", "--against-name", "peace", "--json", Path.Combine(files.Folder, "box"));
        Assert.Equal(0, run.ExitCode);
        var root = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(2, root.GetProperty("messages").GetInt32());
        Assert.Equal(0, root.GetProperty("unprofiled").GetArrayLength());
        Assert.Equal(2, root.GetProperty("rules").EnumerateArray().Single(r => r.GetProperty("rule").GetString() == "urgent").GetProperty("messages").GetInt32());
        Assert.Equal(2, root.GetProperty("differences").GetArrayLength());
        Assert.Equal("unprofiled: no-match", root.GetProperty("differences")[0].GetProperty("before")[0].GetString());
        Assert.Contains("+ action commander@hq.example.org", (await RunAsync("profile", "simulate", "--plan", Sample, "--name", "war", "--against", Sample, Path.Combine(files.Folder, "box"))).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Absent_files_and_plans_are_told()
    {
        var file = files.Write("m.eml", Message);
        Assert.Equal(3, (await RunAsync("profile", "check", "nothing.yaml")).ExitCode);
        Assert.Equal(3, (await RunAsync("profile", "simulate", "--plan", Sample, Path.Combine(files.Folder, "no"))).ExitCode);
        Assert.Equal(2, (await RunAsync("profile", "explain", "--plan", Sample, "--name", "storm", file)).ExitCode);
    }

    [Theory]
    [InlineData("rules:\n - { name: r, sic: [KA], action: a@x.example }", "4: rules[0].sic[0]: 'KA' is no code")]
    [InlineData("rules:\n - { name: r, sic: KAX, action: a@x.example }", "4: rules[0].sic: the catalogue has no code 'KAX'")]
    [InlineData("rules:\n - { name: r, sic: [], action: a@x.example }", "4: rules[0].sic: is an empty list")]
    [InlineData("rules:\n - { name: r, action: a@x.example }", "4: rules[0].name: the rule would select every message")]
    [InlineData("rules:\n - { name: r, sic: KAA }", "4: rules[0].action: is missing")]
    [InlineData("rules:\n - { name: r, sics: KAA, sic: KAA, action: a@x.example }", "4: rules[0].sics: unknown key; did you mean 'sic'?")]
    [InlineData("rules:\n - { name: r, sic: KAA, plans: q, action: a@x.example }", "4: rules[0].plans: 'q' is not one of plans")]
    [InlineData("rules:\n - { name: r, sic: KAA, hours: { from: '7' }, action: a@x.example }", "4: rules[0].hours.from: '7' is not a time")]
    [InlineData("rules:\n - { name: r, words: '...', action: a@x.example }", "4: rules[0].words: '...' is not of 1 to 8 words")]
    [InlineData("rules:\n - { name: r, type: war, action: a@x.example }", "4: rules[0].type: 'war' is not exercise")]
    [InlineData("rules:\n - { name: r, message-instructions: no distribution, action: a@x.example }", "4: rules[0].message-instructions: a message that says NO DISTRIBUTION")]
    [InlineData("rules:\n - { name: r, sic: KAA, action: nobody }", "4: rules[0].action: 'nobody' is not a mail address")]
    public void Names_file_line_and_key_of_a_problem(string rules, string expected)
    {
        files.Write("sic.csv", "KAA,a\n");
        var path = files.Write("plan.yaml", "plan: p\nplans: [p]\n" + rules + "\ncatalogue: sic.csv\n");
        Assert.Null(ProfileFile.Read([path], out var problems));
        Assert.StartsWith($"{path}:{expected}", problems[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_files_are_one()
    {
        var first = files.Write("base.yaml", "plan: peace\nplans: [peace]\ncatalogue: sic.csv\nrules: [{ name: r, sic: KAA, plans: [peace, war], action: a@x.example }]\n");
        var second = files.Write("north.yaml", "plans: [war]\nrules:\n - { name: s, sic: KAB, action: b@x.example }\n");
        files.Write("sic.csv", "KAA,a\nKAB,b\n");
        var plans = ProfileFile.Read([first, second], out var problems)!;
        Assert.Empty(problems);
        Assert.Equal(["peace 2", "war 2"], plans.All.Select(p => $"{p.Name} {p.Rules.Length}"));
        Assert.Equal(("peace", true), (plans.InForce.Name, plans.Catalogue is not null));
        Assert.NotEqual(plans.Version, ProfileFile.Read([second, first], out _)!.Version);
        Assert.Equal(0, (await RunAsync("profile", "check", first, second)).ExitCode);
        Assert.Equal(1, (await RunAsync("profile", "check", second)).ExitCode);

        files.Write("north.yaml", "plan: war\nplans: [war]\nrules:\n - { name: r, sic: KXX, plans: storm, action: b@x.example }\n");
        Assert.Null(ProfileFile.Read([first, second], out problems));
        Assert.Equal(
            [
                $"{second}:1: plan: is given in {first} already",
                $"{second}:4: rules[0].sic: the catalogue has no code 'KXX'",
                $"{second}:4: rules[0].name: 'r' is given twice; first at line 4 of {first}",
                $"{second}:4: rules[0].plans: 'storm' is not one of plans",
            ],
            problems.Select(p => p.ToString()));
    }

    [Fact]
    public void Names_the_line_of_a_catalogue()
    {
        var catalogue = files.Write("sic.csv", "KAA,a\nK,b\n");
        var path = files.Write("plan.yaml", "plan: p\nplans: [p]\ncatalogue: sic.csv\nrules: [{ name: r, sic: KAA, action: a@x.example }]\n");
        Assert.Null(ProfileFile.Read([path], out var problems));
        Assert.StartsWith(catalogue + ":2: ", Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        using var octets = new MemoryStream();
        var environment = new CommandEnvironment
        {
            Input = new StringReader(""), Output = output, Error = error, OpenOutput = () => octets, IsInputTerminal = false, Variable = _ => null,
        };
        var code = await CommandLine.RunAsync(arguments, environment);
        return (code, output + Encoding.UTF8.GetString(octets.ToArray()));
    }
}
