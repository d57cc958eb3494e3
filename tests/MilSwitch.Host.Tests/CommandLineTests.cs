using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Tracking;
using MilSwitch.Domain.Watching;
using MilSwitch.Host.Api;
using MilSwitch.Host.Commands;

namespace MilSwitch.Host.Tests;

public sealed class CommandLineTests : IAsyncLifetime
{
    private static readonly string First = FakeOperatorActions.First.ToString();
    private static readonly string Second = FakeOperatorActions.Second.ToString();
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Theory]
    [InlineData(2, "")]
    [InlineData(2, "fly")]
    [InlineData(2, "status --colour")]
    [InlineData(2, "message hold")]
    [InlineData(2, "message hold --reason x")]
    [InlineData(2, "message hold - --reason x")]
    [InlineData(2, "message hold 12 --reason x")]
    [InlineData(2, "message reroute 12 --reason x")]
    [InlineData(2, "queue list --precedence urgent")]
    [InlineData(2, "minimize set --scope node --level urgent --reason x")]
    [InlineData(2, "status --node smtp://x")]
    [InlineData(3, "message show 0000000000000")]
    [InlineData(3, "message raw 0000000000000")]
    [InlineData(3, "dest show other")]
    [InlineData(3, "dest try other")]
    [InlineData(3, "rule remove 9 --reason x")]
    [InlineData(3, "track --recipient nobody")]
    [InlineData(3, "status --node http://127.0.0.1:1 --token-file /nowhere")]
    [InlineData(7, "status --node unix:/nowhere/s")]
    [InlineData(7, "status --node http://127.0.0.1:1")]
    [InlineData(3, "message hold 0000000000000 --reason x")]
    [InlineData(3, "rule add reroute --scope node --to-link nowhere --reason x")]
    [InlineData(3, "rule show 9")]
    [InlineData(3, "rule replace 9 suspend --scope node --reason x")]
    [InlineData(2, "rule add suspend --scope everything --reason x")]
    [InlineData(2, "config apply")]
    [InlineData(2, "rule remove - --reason x")]
    [InlineData(2, "events --topics weather")]
    [InlineData(6, "config apply --if-match other --reason x")]
    [InlineData(0, "version")]
    [InlineData(0, "alarm list")]
    [InlineData(0, "config show")]
    [InlineData(1, "route test a@nowhere.example")]
    [InlineData(1, "dest show 192.0.2.1:25")]
    [InlineData(0, "status")]
    [InlineData(0, "queue shape --by link")]
    [InlineData(0, "dest list")]
    [InlineData(0, "dest try 192.0.2.1:25")]
    [InlineData(0, "route test a@example.org --explain")]
    [InlineData(0, "track --from 2030-01-01T00:00:00Z")]
    [InlineData(0, "config apply --reason x")]
    [InlineData(0, "--help")]
    [InlineData(0, "message --help")]
    public async Task Ends_with_the_documented_exit_code(int exitCode, string arguments)
    {
        var run = await node.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(exitCode == run.ExitCode, run.ToString());
        // An act says for each message what became of it; everything else that fails prints no data.
        if (exitCode > 1 && !arguments.StartsWith("message hold 0", StringComparison.Ordinal))
            Assert.Equal(("", true), (run.Output, run.Error.StartsWith("milswitch: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_inner_fault_ends_with_70()
    {
        node.Actions.Fails = true;
        Assert.Equal(70, (await node.RunAsync("status")).ExitCode);
    }

    [Fact]
    public async Task A_token_that_may_not_ends_with_4()
    {
        string[] viewer = ["--node", node.Admin, "--token-file", Path.Combine(node.Files.Folder, "viewer.token")];
        Assert.Equal(0, (await node.RunAsync(["status", .. viewer])).ExitCode);
        Assert.Equal(4, (await node.RunAsync(["config", "apply", "--reason", "x", .. viewer])).ExitCode);
        Assert.Equal(4, (await node.RunAsync("status", "--node", node.Admin)).ExitCode);
    }

    [Fact]
    public async Task Finds_the_node_by_its_configuration()
    {
        var run = await CommandRun.OfAsync(["status", "--config", Path.Combine(node.Files.Folder, "milswitch.yaml")]);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(0, (await CommandRun.OfAsync(["queue", "list"], variable: name => name == "MILSWITCH_CONFIG" ? Path.Combine(node.Files.Folder, "milswitch.yaml") : null)).ExitCode);
        Assert.Equal(3, (await CommandRun.OfAsync(["status", "--config", "/nowhere.yaml"])).ExitCode);
    }

    [Fact]
    public async Task Shows_the_status_most_urgent_first()
    {
        var run = await node.RunAsync("status");
        Assert.Contains("node:    n1, version 0.1.0, ready", run.Output, StringComparison.Ordinal);
        var lines = run.Output.Split('\n');
        Assert.Equal("PRECEDENCE  QUEUED  OLDEST  ACCEPTED  DELIVERED  FAILED", lines.Single(l => l.StartsWith("PREC", StringComparison.Ordinal)).TrimEnd());
        Assert.Equal("override         5  7m30s         50         25       5", lines.Single(l => l.StartsWith("override", StringComparison.Ordinal)).TrimEnd());
    }

    [Fact]
    [Trait("Feature", "L-06")]
    public async Task Shows_who_acknowledged_a_message_how_far_and_what_is_awaited()
    {
        var run = await node.RunAsync("message", "show", First);
        var lines = run.Output.Split('\n');
        var at = Array.FindIndex(lines, l => l.StartsWith("ACKNOWLEDGED BY", StringComparison.Ordinal));
        Assert.Matches(@"^ACKNOWLEDGED BY +COPY +GRADES +AWAITED +UNTIL +ALARMS +ACTION POINT", lines[at]);
        Assert.Matches(
            @"^b@example\.net +\w{13} +gateway-accepted \S+Z, domain-delivered \S+Z +receipt +\S+:19:05Z +receipt-missing +duty@example\.net, sent \S+:19:05Z", lines[at + 1]);

        using var document = JsonDocument.Parse((await node.RunAsync("message", "show", First, "--json")).Output);
        var known = Assert.Single(document.RootElement.GetProperty("acknowledgments").EnumerateArray());
        Assert.Equal(["report", "receipt"], known.GetProperty("expected").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal(["receipt"], known.GetProperty("missing").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal(["gateway-accepted", "domain-delivered"], known.GetProperty("grades").EnumerateArray().Select(g => g.GetProperty("grade").GetString()));
        Assert.Equal(["receipt-missing"], known.GetProperty("alarms").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal(known.GetProperty("sentAt").GetDateTimeOffset().AddMinutes(15), known.GetProperty("receiptDeadline").GetDateTimeOffset());
        Assert.Equal(JsonValueKind.Null, known.GetProperty("settledAt").ValueKind);
    }

    [Fact]
    public async Task A_trace_goes_to_what_a_message_was_made_of_and_to_what_was_made_of_it()
    {
        using var known = JsonDocument.Parse((await node.RunAsync("message", "show", First, "--json")).Output);
        var view = known.Deserialize(ApiJson.Default.MessageView)!;
        var early = view.AcceptedAt.AddMinutes(-1);
        var all = new Dictionary<string, MessageView>
        {
            ["draft"] = view with { Id = "draft", Parent = null, Reports = ["sent"], AcceptedAt = early, Domain = "red" },
            ["sent"] = view with { Id = "sent", Parent = "draft", Reports = ["copy", "forgotten"], Domain = "red" },
            ["copy"] = view with { Id = "copy", Parent = "sent", Reports = ["draft"], AcceptedAt = view.AcceptedAt.AddMinutes(1), Domain = "blue" },
        };
        var asked = new List<string>();
        var trace = await MessageTrace.FollowAsync("copy", id =>
        {
            asked.Add(id);
            return all.TryGetValue(id, out var one) ? Task.FromResult(JsonSerializer.Serialize(one, ApiJson.Default.MessageView)) : throw new CommandFault(ExitCodes.NotFound, "gone");
        });
        Assert.Equal(["draft", "sent", "copy"], trace.Messages.Select(m => m.Id));
        Assert.Equal(asked.Distinct(), asked);
        Assert.True(trace.IsWhole);
        using var output = new StringWriter();
        trace.Write(output);
        Assert.StartsWith("TRACER REPORT of 3 messages\n", output.ToString(), StringComparison.Ordinal);
        Assert.Matches(@"(?m)^copy +sent +\S+ +blue ", output.ToString());
        Assert.Equal(3 * view.Audit.Count, output.ToString().Split("AFTER  ID")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries).Length - 1);
        Assert.Equal(ExitCodes.NotFound, (await node.RunAsync("track", "--trace", Second)).ExitCode);
        Assert.Equal(ExitCodes.WrongUse, (await node.RunAsync("track", "--trace", First, "--limit", "3")).ExitCode);
        Assert.StartsWith("TRACER REPORT of 1 message\n", (await node.RunAsync("track", "--trace", First)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Those_beyond_the_switch_are_asked_with_a_secret_that_stands_in_a_file_and_nowhere_else()
    {
        node.Actions.Onward = new OnwardAnswer(null,
        [
            new OnwardHost("mx.away.example", "mx.away.example:1038", OnwardOutcome.Found, "+OK+", true,
            [
                new TrackingStatus("1@home.example", "mx.away.example", FakeOperatorActions.Start,
                    [new TrackedRecipient(new OriginalRecipient("rfc822", "b@example.net"), new OriginalRecipient("rfc822", "b@example.net"), TrackingAction.Delayed, new(4, 0, 0))]),
            ]),
            OnwardHost.NotAsked("other.example", "no server of MTQP is configured for it (tracking.chain)"),
        ]);
        var file = node.Files.Write("secret", Convert.ToBase64String("CANARY-originator"u8) + "\n", secret: true);
        var run = await node.RunAsync("message", "onward", First, "--secret-file", file);
        Assert.Equal((0, "CANARY-originator"), (run.ExitCode, Assert.Single(node.Actions.AskedWith)));
        Assert.StartsWith($"BEYOND THIS SWITCH, message {First}\n  mx.away.example, asked at mx.away.example:1038 (TLS): found\n    mx.away.example has it since 2", run.Output, StringComparison.Ordinal);
        Assert.Contains("\n      b@example.net  delayed  4.0.0\n  other.example: not-asked, no server of MTQP is configured for it (tracking.chain)\n", run.Output, StringComparison.Ordinal);

        using var traced = JsonDocument.Parse((await node.RunAsync("track", "--trace", First, "--secret-file", file, "--json")).Output);
        Assert.Equal(First, Assert.Single(traced.RootElement.GetProperty("messages").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("found", traced.RootElement.GetProperty("onward")[0].GetProperty("hosts")[0].GetProperty("outcome").GetString());
        Assert.Contains("BEYOND THIS SWITCH: nobody can be asked", (await node.RunAsync("track", "--trace", First)).Output, StringComparison.Ordinal);

        node.Actions.Onward = OnwardAnswer.Nobody("nobody was asked: the secret is not the one of this message");
        run = await node.RunAsync("message", "onward", First, "--secret-file", file);
        Assert.Equal((1, $"BEYOND THIS SWITCH, message {First}: nobody was asked: the secret is not the one of this message\n"), (run.ExitCode, run.Output));
        Assert.Equal(3, (await node.RunAsync("message", "onward", Second, "--secret-file", file)).ExitCode);
        Assert.Equal(2, (await node.RunAsync("track", "--limit", "3", "--secret-file", file)).ExitCode);
        Assert.Equal(2, (await node.RunAsync("message", "onward", First, "--secret-file", node.Files.Write("bad", "no base64!", secret: true))).ExitCode);
        Assert.DoesNotContain("CANARY-originator", node.Log.All, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("CANARY-originator"u8), node.Log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_the_signatures_of_a_message_with_role_order_and_verdict()
    {
        var inspector = (FakeMessageInspector)node.Services.GetRequiredService<IMessageInspector>();
        var before = inspector.Structure;
        inspector.Structure = before with
        {
            Layers =
            [
                new InspectedLayer("1", "signed", "valid", [], [new InspectedSigner("CN=domain", "valid", [], "domain", "rsa", FakeOperatorActions.Start, 0, 3, [1])], [], null, null),
                new InspectedLayer("1.1", "signed", "valid", [], [new InspectedSigner("CN=anna", "valid", [], "drafter", "rsa", null, 0, 1, []), new InspectedSigner(null, "invalid", ["CHAIN-INCOMPLETE"], "unknown", "rsa", null, 1, 2, [1])], [], null, null),
            ],
        };
        try
        {
            var lines = (await node.RunAsync("message", "show", First)).Output.Split('\n');
            var at = Array.FindIndex(lines, l => l.StartsWith("NO  ROLE", StringComparison.Ordinal));
            Assert.Matches("^ *1 +drafter +CN=anna +valid +nearest to the content", lines[at + 1]);
            Assert.Matches("^ *2 +unknown +certificate not at hand +invalid CHAIN-INCOMPLETE +on 1", lines[at + 2]);
            Assert.Matches("^ *3 +domain +CN=domain +valid +around 1", lines[at + 3]);
            using var document = JsonDocument.Parse((await node.RunAsync("message", "show", First, "--json")).Output);
            var all = document.RootElement.GetProperty("signatures").EnumerateArray().ToArray();
            Assert.Equal(["drafter", "unknown", "domain"], all.Select(s => s.GetProperty("role").GetString()));
            Assert.Equal([false, true, false], all.Select(s => s.GetProperty("countersigns").GetBoolean()));
            Assert.Equal([1, 1], all[1..].Select(s => s.GetProperty("covers")[0].GetInt32()));
        }
        finally
        {
            inspector.Structure = before;
        }
    }

    [Fact]
    [Trait("Threat", "S10")]
    public async Task Takes_control_characters_out_of_what_peers_said()
    {
        var run = await node.RunAsync("queue", "list");
        Assert.Contains("451 4.3.0 later?[2J", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("queue list")]
    [InlineData("queue shape")]
    [InlineData("message show FIRST")]
    [InlineData("message show FIRST FIRST")]
    [InlineData("message hold FIRST --reason x")]
    [InlineData("track")]
    [InlineData("dest list")]
    [InlineData("dest show 192.0.2.1:25")]
    [InlineData("rule list")]
    [InlineData("minimize list")]
    [InlineData("route test a@example.org")]
    [InlineData("config apply --reason x")]
    public async Task Prints_json_when_asked(string arguments)
    {
        var run = await node.RunAsync([.. arguments.Replace("FIRST", First, StringComparison.Ordinal).Split(' '), "--json"]);
        using var document = JsonDocument.Parse(run.Output);
        Assert.True(document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array);
    }

    [Fact]
    public async Task Shows_examples_in_the_help()
    {
        var run = await node.RunAsync("minimize", "set", "--help");
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
        Assert.Contains("milswitch minimize set --scope node", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("send")]
    public async Task Shows_examples_of_the_demonstration(string command)
    {
        var run = await CommandRun.OfAsync(["demo", command, "--help"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"Examples:\n  milswitch demo {command}", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--server wants ADDRESS:PORT", "--to", "a@sink.test", "--server", "somewhere")]
    [InlineData(2, "'<>' is not a mail address", "--to", "<>")]
    [InlineData(2, "'ROUTINE' not recognized", "--to", "a@sink.test", "--precedence", "ROUTINE")]
    [InlineData(7, "nobody takes mail at 127.0.0.1:1", "--to", "a@sink.test", "--server", "127.0.0.1:1")]
    public async Task Says_why_the_demonstration_could_not_hand_mail_in(int exitCode, string why, params string[] arguments)
    {
        var run = await CommandRun.OfAsync(["demo", "send", .. arguments]);
        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demonstration_writes_into_no_folder_that_holds_something()
    {
        using var files = new ConfigurationFiles();
        var path = files.Write("milswitch.yaml", "mine");
        var run = await CommandRun.OfAsync(["demo", "run", "--once", "--data", files.Folder]);
        Assert.Equal(6, run.ExitCode);
        Assert.Contains("is not empty", run.Error, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Reads_ids_from_standard_input()
    {
        var run = await node.RunAsync($"{First}  flash queued\n\n{Second}\n", false, "message", "release", "-", "--reason", "line is back");
        Assert.Equal(0, run.ExitCode);
        var act = node.Actions.Acts[^1].Act;
        Assert.Equal([FakeOperatorActions.First, FakeOperatorActions.Second], act.Ids.AsEnumerable());
        Assert.Equal((MessageVerb.Release, "line is back"), (act.Verb, act.Reason));
    }

    [Fact]
    public async Task Prints_ids_that_another_command_can_read()
    {
        var run = await node.RunAsync("queue", "list", "--precedence", "flash", "--ids");
        Assert.Equal(First, run.Output.Trim());
        Assert.Equal(Precedence.Flash, node.Actions.Filters[^1].Precedence);
    }

    [Fact]
    public async Task Asks_a_person_to_confirm_the_count_of_a_filter()
    {
        string[] command = ["message", "delete", "--sender", "spam", "--reason", "spam"];
        var no = await node.RunAsync("yes\n", true, command);
        Assert.Equal(1, no.ExitCode);
        Assert.Contains("delete would touch 2 messages", no.Error, StringComparison.Ordinal);
        Assert.All(node.Actions.Acts, a => Assert.True(a.Act.DryRun));
        Assert.Equal(0, (await node.RunAsync("2\n", true, command)).ExitCode);
        Assert.False(node.Actions.Acts[^1].Act.DryRun);
        node.Actions.Acts.Clear();
        Assert.Equal(0, (await node.RunAsync("", true, [.. command, "--yes"])).ExitCode);
        // How many it is has to be known all the same, so that there are no more when it is done.
        Assert.Equal([(true, null), (false, 2)], node.Actions.Acts.Select(a => (a.Act.DryRun, a.Act.Expected)));
        Assert.Equal([FakeOperatorActions.First, FakeOperatorActions.Second], node.Actions.Acts[^1].Act.Ids.AsEnumerable());
    }

    [Fact]
    public async Task A_dry_run_only_tells()
    {
        var run = await node.RunAsync("message", "reroute", "--link", "192.0.2.1:25", "--to-link", "backup", "--reason", "x", "--dry-run");
        Assert.Contains(First + "  would do", run.Output, StringComparison.Ordinal);
        var act = node.Actions.Acts[^1].Act;
        Assert.Equal((true, new LinkName("backup"), new LinkName("192.0.2.1:25")), (act.DryRun, act.Link!.Value, act.Filter!.Link!.Value));
    }

    [Fact]
    public async Task Sends_the_bytes_of_a_message_to_standard_output()
    {
        var run = await node.RunAsync("message", "raw", First);
        Assert.Equal("Received: x\r\nSubject: y\r\n\r\nz\r\n", run.Output);
    }

    [Fact]
    public async Task Sets_lists_and_cancels_minimize()
    {
        var set = await node.RunAsync("minimize", "set", "--scope", "link:192.0.2.1:25", "--level", "flash", "--for", "2h", "--refuse-at-entry", "--reason", "exercise");
        Assert.Equal("1", set.Output.Trim());
        var rule = Assert.Single(node.Actions.Rules);
        Assert.Equal((RuleKind.Minimize, "link:192.0.2.1:25", Precedence.Flash, true), (rule.Kind, rule.Scope, rule.Level!.Value, rule.RefuseAtEntry));
        Assert.Equal(TimeSpan.FromHours(2), rule.Expires - rule.CreatedAt);
        Assert.Equal(0, (await node.RunAsync("rule", "add", "suspend", "--scope", "domain:example.net", "--reason", "full")).ExitCode);
        var list = await node.RunAsync("minimize", "list");
        Assert.Contains("flash and above, refuse at entry", list.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("suspend", list.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await node.RunAsync("minimize", "cancel", "1", "--reason", "over")).ExitCode);
        Assert.Equal(RuleKind.Suspend, Assert.Single(node.Actions.Rules).Kind);
    }

    [Theory]
    [Trait("Feature", "C-08")]
    [InlineData(12, "minimize", "set", "--scope", "node", "--level", "flash")]
    [InlineData(12, "rule", "add", "suspend", "--scope", "node")]
    [InlineData(12, "rule", "replace", "1", "suspend", "--scope", "node")]
    [InlineData(12, "minimize", "replace", "1", "--scope", "node", "--level", "flash")]
    [InlineData(7, "rule", "remove", "1")]
    [InlineData(7, "minimize", "cancel", "1")]
    public async Task A_dry_run_about_a_rule_says_what_would_happen_and_changes_nothing(int messages, params string[] command)
    {
        node.Actions.Rules.Add(new Domain.Operations.OperatorRule { Id = "1", Kind = RuleKind.Return, Scope = "domain:before.example", Reason = "x" });
        var run = await node.RunAsync([.. command, "--reason", "x", "--dry-run"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"nothing was done; {messages} queued messages would be treated otherwise", run.Output, StringComparison.Ordinal);
        Assert.Contains(messages == 7 ? "domain:before.example" : "node", run.Output, StringComparison.Ordinal);
        Assert.Contains($"\"messages\": {messages}", (await node.RunAsync([.. command, "--reason", "x", "--dry-run", "--json"])).Output, StringComparison.Ordinal);
        Assert.Equal("domain:before.example", Assert.Single(node.Actions.Rules).Scope);
    }

    [Fact]
    public async Task A_dry_run_about_a_rule_fails_as_the_order_would()
    {
        Assert.Equal(3, (await node.RunAsync("rule", "remove", "9", "--reason", "x", "--dry-run")).ExitCode);
        Assert.Equal(3, (await node.RunAsync("rule", "replace", "9", "suspend", "--scope", "node", "--reason", "x", "--dry-run")).ExitCode);
        Assert.Equal(3, (await node.RunAsync("rule", "add", "reroute", "--scope", "node", "--to-link", "nowhere", "--reason", "x", "--dry-run")).ExitCode);
        node.Actions.Rules.Add(new Domain.Operations.OperatorRule { Id = "1", Kind = RuleKind.Return, Scope = "node", Reason = "x" });
        Assert.Equal(6, (await node.RunAsync("rule", "remove", "1", "--reason", "x", "--dry-run", "--if-match", "other")).ExitCode);
    }

    [Fact]
    public async Task Checks_a_configuration_without_a_node()
    {
        using var files = new ConfigurationFiles();
        var path = files.Write("a.yaml", ConfigurationFiles.Minimum + "\nlistners: []\n");
        var run = await CommandRun.OfAsync(["config", "check", "--config", path]);
        Assert.Equal((1, $"{path}:6: listners: unknown key; did you mean 'listeners'?\n", ""), (run.ExitCode, run.Output, run.Error));
        Assert.Equal(0, (await CommandRun.OfAsync(["config", "check", "--config", files.Write("b.yaml", ConfigurationFiles.Minimum)])).ExitCode);
    }

    [Fact]
    [Trait("Threat", "F31")]
    public async Task Refuses_to_run_with_a_bad_configuration()
    {
        using var files = new ConfigurationFiles();
        var run = await CommandRun.OfAsync(["run", "--config", files.Write("a.yaml", "node: 1")]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("a.yaml:1: node: must be a mapping", run.Error, StringComparison.Ordinal);
        Assert.Equal(3, (await CommandRun.OfAsync(["run", "--config", "/nowhere.yaml"])).ExitCode);
    }

    [Fact]
    public async Task Makes_verifiers_from_standard_input()
    {
        Assert.StartsWith("SCRAM-SHA-256$", (await CommandRun.OfAsync(["config", "verifier", "scram"], "secret\n")).Output, StringComparison.Ordinal);
        Assert.Equal("2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b", (await CommandRun.OfAsync(["config", "verifier", "token"], "secret\n")).Output.Trim());
    }
}
