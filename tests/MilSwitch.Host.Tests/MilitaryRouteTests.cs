using System.Text.Json;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>What military fields do to a message on its way through the real switch: its route, its date, what is shown of it.</summary>
public sealed class MilitaryRouteTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [Trait("Feature", "D-07")]
    [InlineData(new[] { "--sic", "SDM; KAB" }, "codes")]
    [InlineData(new[] { "--sic", "SDM" }, "plain")]
    [InlineData(new[] { "--sic", "KAB", "--type", "exercise" }, "exercise")]
    [InlineData(new[] { "--type", "exercise" }, "plain")]
    [InlineData(new[] { "--precedence", "flash" }, "urgent")]
    [InlineData(new[] { "--instructions", "BY HAND; NO HURRY" }, "slow")]
    [InlineData(new[] { "--handling", "no hurry" }, "slow")]
    [InlineData(new string[0], "plain")]
    public async Task Takes_the_route_whose_condition_it_fulfils(string[] options, string link)
    {
        await using var stage = await PostStage.StartAsync(routes: port => string.Join('\n', new[]
        {
            ("exercise", "when: { sic: [\"KA*\"], type: exercise }, "), ("codes", "when: { sic: [\"KA*\", QQQ] }, "), ("urgent", "when: { precedence: [flash, override] }, "),
            ("slow", "when: { instructions: [No Hurry] }, "), ("plain", ""),
        }.Select(r => $"  - {{ match: \"*\", {r.Item2}name: {r.Item1}, helo: {r.Item1}.example, next-hop: \"127.0.0.1:{port}\", tls: {{ mode: none }} }}")));
        var run = await stage.RunAsync("", ["submit", "--from", "a@a.example", "--to", "b@b.example", .. options]);
        Assert.True(run.ExitCode is 0, run.Error);
        Assert.True(MessageId.TryParse(run.Output.Trim(), out var id));
        await stage.WaitForAsync(id, m => m.State == MessageState.Done);
        var shown = JsonDocument.Parse((await stage.RunAsync("", "message", "show", id.ToString(), "--json")).Output).RootElement;
        Assert.Equal(link, shown.GetProperty("recipients")[0].GetProperty("link").GetString());
        // What is said beforehand is what happens. The question knows message instructions only.
        var asked = options.Select(o => o is "--handling" ? "--instructions" : o).ToArray();
        var tested = await stage.RunAsync("", ["route", "test", "b@b.example", "--explain", .. asked]);
        Assert.True(tested.ExitCode is 0, tested.Error);
        Assert.Contains($"link {link}", tested.Output, StringComparison.Ordinal);
        // And it went there: each link has a queue and counts of its own.
        var counts = JsonDocument.Parse((await stage.RunAsync("", "dest", "show", link, "--json")).Output).RootElement;
        Assert.Equal(1, counts.GetProperty("delivered").GetInt64());
    }

    [Fact]
    public void Reports_every_problem_of_a_condition()
    {
        using var files = new ConfigurationFiles();
        Assert.Equal(
            [
                "6: routes[1].when.sic: '?X' is no subject indicator code of 3 to 8 letters and digits, with ? for one and * at the end for the rest",
                "6: routes[1].when.type: 'war' is no message type: exercise, operation, project, drill or a number up to 255",
                "6: routes[1].when.precedence: 'soon' is no level",
                "7: routes[2].when: says nothing; write sic, type, precedence or instructions",
                "8: routes[3].match: 'c.example' has no row without 'when', so that other mail would have no route",
                "9: routes[4].when: is judged when the content is there, and refuse answers before; give it a next-hop",
                "10: routes[5].when.colour: unknown key",
            ],
            files.Problems(ConfigurationFiles.Minimum + """

                  - { match: "*", when: { sic: "?X", type: war, precedence: soon, instructions: [BY HAND] }, name: a, next-hop: "127.0.0.1:1" }
                  - { match: "*", when: {}, name: b, next-hop: "127.0.0.1:1" }
                  - { match: c.example, when: { type: 3 }, name: c, next-hop: "127.0.0.1:1" }
                  - { match: "*", when: { type: 3 }, refuse: no }
                  - { match: "*", when: { type: 3, colour: red }, name: d, next-hop: "127.0.0.1:1" }
                """).Select(p => p.Split("; known", 2)[0]));
    }

    [Fact]
    [Trait("Feature", "D-10")]
    public async Task Holds_what_comes_out_of_date_until_somebody_lets_it_go()
    {
        await using var stage = await PostStage.StartAsync(_ => "out-of-date: hold");
        var id = await SubmitAsync(stage, "--expires", "2020-01-02T03:04Z");
        var held = (await stage.Spool.ReadAsync(id))!;
        Assert.Equal("out of date since 2020-01-02T03:04:00Z", held.HeldBecause);
        Assert.All(held.Recipients, r => Assert.Equal(RecipientState.Held, r.State));
        Assert.Contains(await stage.Spool.ReadAuditAsync(id), a => a.Kind == AuditKind.Held && a.Detail == held.HeldBecause);
        Assert.Contains("because out of date since", (await stage.RunAsync("", "message", "show", id.ToString())).Output, StringComparison.Ordinal);
        var released = await stage.RunAsync("", "message", "release", id.ToString(), "--reason", "still of use");
        Assert.True(released.ExitCode is 0, released.Error);
        await stage.WaitForAsync(id, m => m.State == MessageState.Done);
        Assert.Single(await stage.Sink.WaitForAsync(1, Patience));
    }

    [Fact]
    [Trait("Feature", "D-10")]
    public async Task Holds_what_goes_out_of_date_while_it_waits()
    {
        await using var stage = await PostStage.StartAsync(_ => "out-of-date: hold");
        stage.Sink.StopListening();
        var id = await SubmitAsync(stage, "--expires", TimeProvider.System.GetUtcNow().AddSeconds(2).ToString("O", System.Globalization.CultureInfo.InvariantCulture));
        var held = await stage.WaitForAsync(id, m => m.HeldBecause is not null);
        Assert.StartsWith("out of date since ", held.HeldBecause, StringComparison.Ordinal);
        stage.Sink.StartListening();
        var released = await stage.RunAsync("", "message", "release", id.ToString(), "--reason", "still of use");
        Assert.True(released.ExitCode is 0, released.Error);
        await stage.WaitForAsync(id, m => m.State == MessageState.Done);
    }

    [Fact]
    [Trait("Feature", "D-10")]
    public async Task Sends_what_is_out_of_date_where_nothing_is_said()
    {
        await using var stage = await PostStage.StartAsync();
        await stage.WaitForAsync(await SubmitAsync(stage, "--expires", "2020-01-02T03:04Z"), m => m.State == MessageState.Done);
    }

    [Fact]
    [Trait("Feature", "D-05")]
    public async Task Shows_the_fields_with_date_time_group_and_filing_time_after_the_content_is_gone()
    {
        await using var stage = await PostStage.StartAsync();
        var id = await SubmitAsync(stage, "--sic", "SDM; BRL", "--dtg", "2030-01-02T03:04Z", "--type", "operation; identifier=\"PLAIN SAIL\"", "--supersedes", "<old@a.example>", "--expires", "2031-01-01T00:00Z");
        var done = await stage.WaitForAsync(id, m => m.State == MessageState.Done);
        Assert.False(done.HasContent);
        var shown = JsonDocument.Parse((await stage.RunAsync("", "message", "show", id.ToString(), "--json")).Output).RootElement;
        Assert.Equal("020304Z JAN 30", shown.GetProperty("dateTimeGroup").GetString());
        Assert.Equal(Mime.DateTimeGroup.Format(done.Envelope.ArrivedAt), shown.GetProperty("filingTime").GetString());
        Assert.Equal(["SDM", "BRL"], shown.GetProperty("mmhs").GetProperty("subjectIndicatorCodes").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal("operation; identifier=\"PLAIN SAIL\"", shown.GetProperty("mmhs").GetProperty("messageType").GetString());
        Assert.Equal("<old@a.example>", shown.GetProperty("supersedes").GetString());
        Assert.Contains(await stage.Spool.ReadAuditAsync(id), a => a.Kind == AuditKind.Superseding && a.Detail == "<old@a.example>");
        var text = (await stage.RunAsync("", "message", "show", id.ToString())).Output;
        Assert.Matches("(?m)^date-time group: +020304Z JAN 30$", text);
        Assert.Matches("(?m)^MMHS-Subject-Indicator-Codes: +SDM; BRL$", text);
        Assert.Matches("(?m)^supersedes: +<old@a.example>$", text);
    }

    [Fact]
    [Trait("Feature", "D-10")]
    public async Task Tells_of_a_message_that_another_replaces_it()
    {
        await using var stage = await PostStage.StartAsync();
        var first = await SubmitAsync(stage);
        var id = (await stage.Spool.ReadAsync(first))!.MessageIdField!;
        var second = await SubmitAsync(stage, "--supersedes", id);
        var third = await SubmitAsync(stage, "--supersedes", id);
        Assert.Equal([$"{second} from <a@a.example>", $"{third} from <a@a.example>"], (await stage.Spool.ReadAuditAsync(first)).Where(a => a.Kind == AuditKind.Superseded).Select(a => a.Detail));
        var shown = JsonDocument.Parse((await stage.RunAsync("", "message", "show", first.ToString(), "--json")).Output).RootElement;
        Assert.Equal([second.ToString(), third.ToString()], shown.GetProperty("supersededBy").EnumerateArray().Select(s => s.GetString()));
        Assert.Matches($"(?m)^superseded by: +{second}, {third}$", (await stage.RunAsync("", "message", "show", first.ToString())).Output);
        Assert.DoesNotContain("superseded by", (await stage.RunAsync("", "message", "show", second.ToString())).Output, StringComparison.Ordinal);
    }

    private static async Task<MessageId> SubmitAsync(PostStage stage, params string[] options)
    {
        var run = await stage.RunAsync("", ["submit", "--from", "a@a.example", "--to", "b@b.example", .. options]);
        Assert.True(run.ExitCode is 0, run.Error);
        return MessageId.TryParse(run.Output.Trim(), out var id) ? id : throw new InvalidOperationException(run.Output);
    }
}
