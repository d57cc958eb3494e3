using System.Text;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

public sealed class ChecksConfigurationTests : IDisposable
{
    private const string Mail = "From: a@red.example\r\nDate: Sat, 28 Nov 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n";

    private readonly ConfigurationFiles files = new();

    public ChecksConfigurationTests()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(ConfigurationFiles.Repository, "config", "policies"), "*.xml")) File.Copy(file, Path.Combine(files.Folder, Path.GetFileName(file)));
        files.Write("words.txt", "# weights\n\n5 reactor core\n-2 reactor manual\n");
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task Runs_each_type_in_the_order_in_which_a_boundary_names_them()
    {
        var configuration = files.Good(Text(
            "icap, shape, words, files, virus",
            "{ name: shape, type: structure, outcome: suspicious, media-types: [text/html] }",
            "{ name: words, type: words, file: words.txt, hold: 5, block: 8, policy: BRAVO, classifications: [{ name: GUARDED, hold: 6 }] }",
            "{ name: files, type: attachments }",
            "{ name: virus, type: clamd, address: \"unix:/nowhere/clamd\" }",
            "{ name: icap, type: icap, address: \"unix:/nowhere/icap\" }")).Switch;
        var checks = configuration.Boundaries.Find("red", "blue")!.Checks!;
        var verdicts = await checks.RunAsync(new CheckSubject(Encoding.ASCII.GetBytes(Mail + "the reactor core\r\n"), null, null, Precedence.Routine), default);
        Assert.Equal(
            [
                ("icap", CheckOutcome.Undecided), ("shape", CheckOutcome.Suspicious), ("words", CheckOutcome.Suspicious), ("files", CheckOutcome.Passed),
                ("virus", CheckOutcome.Undecided),
            ],
            verdicts.Select(v => (v.Check, v.Outcome)));
        // By the number of its line.
        Assert.Equal(["score 5: held from 5, blocked from 8", "rule line 3: 1 of weight 5"], verdicts[2].Findings.AsEnumerable());
    }

    [Theory]
    [InlineData("type: words, file: words.txt, hold: 20, block: 10", "checks[0].block: 10 is below hold, which is 20")]
    [InlineData("type: words, file: words.txt, hold: 200", "checks[0].hold: 200 is above block, which is 100")]
    [InlineData("type: words, file: words.txt, policy: ALFA, classifications: [{ name: SECRET, hold: 9, block: 8 }]", "checks[0].classifications[0].block: 8 is below hold, which is 9")]
    [InlineData("type: words, file: words.txt, policy: ALFA, classifications: [{ name: SECRET }, { name: SECRET }]", "checks[0].classifications[1].name: 'SECRET' stands twice")]
    [InlineData("type: words, file: words.txt, policy: ALFA, classifications: [{ name: NONE }]", "has no classification 'NONE'")]
    [InlineData("type: words, file: words.txt, classifications: [{ name: SECRET }]", "there is no policy by which it could be known")]
    [InlineData("type: words", "checks[0].file: is missing")]
    [InlineData("type: schema", "checks[0].schemas: is missing; files with XML schemas")]
    [InlineData("type: schema, schemas: [none.xsd]", "can't be read, or names a file that can't")]
    [InlineData("type: schema, schemas: [words.txt]", "checks[0].schemas: ")]
    [InlineData("type: words, file: none.txt", "checks[0].file: 'none.txt' does not exist")]
    [InlineData("type: structure, media-types: [Text/Plain]", "checks[0].media-types: no pattern: Text/Plain")]
    [InlineData("type: structure, fields: [\"a b\"]", "checks[0].fields: no pattern: a b")]
    [InlineData("type: structure, file: words.txt", "checks[0].file: unknown key")]
    [InlineData("type: icap, service: \"a b\"", "checks[0].service: no path of a service")]
    [InlineData("type: clamd, address: \"unix:clamd\"", "checks[0].address: 'unix:clamd' is neither host:port nor unix:/path")]
    [InlineData("type: clamd, outcome: passed", "checks[0].outcome: 'passed' is not one of suspicious, blocked")]
    [InlineData("type: attachments, ratio: 1", "checks[0].ratio: '1' is not a number from 10 to 10000")]
    [InlineData("type: structures, depth: 8", "checks[0].type: 'structures' is not one of structure, words")]
    [InlineData("depth: 8", "checks[0].type: is missing")]
    public void Says_at_its_key_what_is_wrong_with_a_check(string check, string expected)
    {
        var problem = Assert.Single(files.Problems(Text("one", $"{{ name: one, {check} }}")), p => !p.Contains("there is no check 'one'", StringComparison.Ordinal));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("to", "boundaries[0].checks: there is no check 'to' under 'checks'; did you mean 'two'?")]
    [InlineData("two, two", "boundaries[0].checks: 'two' stands twice")]
    public void Says_which_name_of_a_check_a_boundary_has_wrong(string names, string expected) =>
        Assert.Contains(expected, Assert.Single(files.Problems(Text(names, "{ name: two, type: attachments }"))), StringComparison.Ordinal);

    [Fact]
    public void Gives_no_name_to_two_checks() =>
        Assert.Contains("checks[1].name: 'two' is given to another check already", Assert.Single(files.Problems(Text("two", "{ name: two, type: attachments }", "{ name: two, type: structure }"))), StringComparison.Ordinal);

    [Fact]
    public void Says_in_which_line_a_list_of_words_is_wrong()
    {
        var list = Path.Combine(files.Folder, "bad.txt");
        File.WriteAllBytes(list, [.. "5 reactor\nreactor\n5\n5000 core\n5 ...\n5 "u8, .. new byte[201].Select(_ => (byte)'x'), .. "\n5 caf"u8, 0xe9, .. "\n"u8]);
        var problems = ConfigurationReader.Read(files.Write("milswitch.yaml", Text("one", "{ name: one, type: words, file: bad.txt }"))).Problems;
        Assert.Equal(
            [
                (list, 2, "must be a weight and a word or phrase, such as '5 reactor'"), (list, 3, "must be a weight and a word or phrase, such as '5 reactor'"),
                (list, 4, "weight ('5000') must be less than or equal to '1000'."), (list, 5, "the phrase of line 5 has no letter or digit"),
                (list, 6, "the phrase of line 6 is too long"), (list, 7, "is not UTF-8"),
            ],
            problems.Select(p => (p.File, p.Line, p.Text)));
        Assert.All(problems, p => Assert.Equal("-", p.Key));
    }

    private static string Text(string names, params string[] checks) => $$"""
        node: { name: n1, data: ./data }
        policies: [alfa.xml, bravo.xml, coalition.xml]
        domains:
          - { name: red, mail: [red.example], policy: ALFA }
          - { name: blue, mail: [blue.example], policy: BRAVO }
        listeners:
          - { name: mta, endpoint: "127.0.0.1:2525", role: relay, domain: red, clients: [127.0.0.0/8] }
        routes:
          - { match: red.example, next-hop: "127.0.0.1:2626", domain: red }
          - { match: blue.example, next-hop: "127.0.0.1:2627", domain: blue }
        checks:
          - {{string.Join("\n  - ", checks)}}
        boundaries:
          - { name: out, from: red, to: blue, arrival: { signature: optional }, checks: [{{names}}] }
        """;
}
