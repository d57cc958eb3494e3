using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>
/// The process is killed at each step of a message's way, one by one: the device or the next hop stands still exactly there.
/// What is there afterwards is what docs/architecture.md says under "What is durable when".
/// </summary>
[Trait("Threat", "F2")]
public sealed class KillAtStepTests : FieldTest
{
    private const string Log = "spool.db-wal";
    private const string Suspicion = "X-MilSwitch-Suspected-Duplicate";
    private const int Large = 200_000;

    private FaultyDevice device = null!;

    public static TheoryData<int, DeviceCall, string> BeforeTheCommit => new()
    {
        // Its rows are about to be written; a large one is about to be synced, or is complete and no row names it.
        { 1000, DeviceCall.Write, Log },
        { Large, DeviceCall.Sync, "content/" },
        { Large, DeviceCall.Write, Log },
    };

    [RequiresTheory(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [MemberData(nameof(BeforeTheCommit))]
    public async Task After_the_end_of_data_and_before_the_commit_there_is_no_message(int size, DeviceCall call, string part)
    {
        var sink = StartSink();
        var milswitch = await StartAsync([new RouteSetup("*", sink.NextHop)]);
        var content = Message("not committed", new string('x', size / 2) + "\r\n" + new string('x', 70));

        device.HoldBefore(call, part);
        var answer = AnswerAsync(milswitch, content);
        await KillWhenHeldAsync(milswitch);

        Assert.Equal(0, await answer);
        Assert.Equal(0, await QueuedAsync(milswitch));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(milswitch.Setup.DataFolder, "content"), "*", SearchOption.AllDirectories));
        // The client was told nothing and sends it again: that is the first that the switch knows of it.
        await SubmitAsync(milswitch, content);
        await DrainedAsync(milswitch, sink, 1);
        Assert.Null(Assert.Single(sink.Transactions).Field(Suspicion));
    }

    [RequiresTheory(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(1000, false)]
    [InlineData(1000, true)]
    [InlineData(Large, false)]
    public async Task After_the_commit_and_before_250_the_message_is_there_once(int size, bool armed)
    {
        var sink = StartSink();
        var milswitch = await StartAsync([new RouteSetup("*", sink.NextHop)]);
        // A link that is up and has room arms a message in the commit that accepts it, unless an order is in force.
        var order = "";
        if (armed) await WarmUpAsync(milswitch, sink);
        else order = await OrderAsync(milswitch, "add", "suspend", "--scope", "node", "--reason", "test");
        var before = sink.Accepted;
        var content = Message("committed", new string('x', size / 2) + "\r\n" + new string('x', 70));

        device.HoldAfter(DeviceCall.Sync, Log);
        var answer = AnswerAsync(milswitch, content);
        await KillWhenHeldAsync(milswitch);
        Assert.Equal(0, await answer);
        // The client was told nothing and sends it again; the switch knows it.
        await SubmitAsync(milswitch, content);
        if (!armed) await OrderAsync(milswitch, "remove", order, "--reason", "test");
        await DrainedAsync(milswitch, sink, before + 1);

        var copy = Assert.Single(sink.Transactions.Skip(before));
        Assert.True(copy.Content.Span.EndsWith(content));
        Assert.Equal(armed, copy.Field(Suspicion) is not null);
    }

    [RequiresTheory(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(1000)]
    [InlineData(Large)]
    public async Task After_arming_and_before_the_final_dot_it_is_sent_again_and_marked(int size)
    {
        // Without CHUNKING the content waits for 354.
        var sink = StartSink(new SinkOptions { Extensions = ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"] });
        var milswitch = await StartAsync([new RouteSetup("*", sink.NextHop)]);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        sink.Script = step =>
        {
            if (step.Phase is not SinkPhase.Data) return null;
            reached.TrySetResult();
            return new SinkAction { End = SinkEnd.Hang };
        };

        await SubmitAsync(milswitch, Message("armed", new string('x', size / 2) + "\r\n" + new string('x', 70)));
        await reached.Task.WaitAsync(Soon);
        await milswitch.KillAsync();
        sink.Script = null;
        await milswitch.StartAsync();
        await DrainedAsync(milswitch, sink, 1);

        Assert.NotNull(Assert.Single(sink.Transactions).Field(Suspicion));
    }

    [RequiresFact(FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Before_arming_it_is_sent_and_not_marked()
    {
        var sink = StartSink();
        sink.StopListening();
        var milswitch = await StartAsync([new RouteSetup("*", sink.NextHop)]);
        await SubmitAsync(milswitch, Message("first"));
        await Eventually.ComesTrueAsync(() => milswitch.Errors.Any(e => e.Contains(" is down: ", StringComparison.Ordinal)), Soon, "the link is down");
        var content = Message("queued");
        await SubmitAsync(milswitch, content);

        device.HoldBefore(DeviceCall.Write, Log);
        sink.StartListening();
        await KillWhenHeldAsync(milswitch);
        Assert.DoesNotContain(sink.Transactions, t => t.Content.Span.EndsWith(content));
        await DrainedAsync(milswitch, sink, 2);

        Assert.Null(Assert.Single(sink.Transactions, t => t.Content.Span.EndsWith(content)).Field(Suspicion));
    }

    [RequiresTheory(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_the_hops_250_it_is_doubled_and_marked_unless_the_answer_is_recorded(bool recorded)
    {
        var sink = StartSink();
        var milswitch = await StartAsync([new RouteSetup("*", sink.NextHop)]);
        await WarmUpAsync(milswitch, sink);
        var content = Message("delivered");
        sink.Script = step =>
        {
            if (step.Phase is not SinkPhase.FinalDot) return null;
            if (recorded) device.HoldAfter(DeviceCall.Sync, Log);
            else device.HoldBefore(DeviceCall.Write, Log);
            return null;
        };

        await SubmitAsync(milswitch, content);
        await sink.WaitForAsync(2, Soon);
        sink.Script = null;
        await KillWhenHeldAsync(milswitch);
        await DrainedAsync(milswitch, sink, recorded ? 2 : 3);

        var copies = sink.Transactions.Skip(1).ToArray();
        Assert.All(copies, c => Assert.True(c.Content.Span.EndsWith(content)));
        Assert.Null(copies[0].Field(Suspicion));
        if (!recorded) Assert.NotNull(copies[1].Field(Suspicion));
    }

    [RequiresTheory(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_a_report_is_committed_the_originator_hears_once(bool committed)
    {
        var (sink, back) = (StartSink(), StartSink());
        var milswitch = await StartAsync([new RouteSetup("client.test", back.NextHop), new RouteSetup("*", sink.NextHop)]);
        var attempts = 0;
        sink.Script = step =>
        {
            if (step.Phase is not SinkPhase.Recipient) return null;
            if (Interlocked.Increment(ref attempts) is 1)
            {
                if (committed) device.HoldAfter(DeviceCall.Sync, Log);
                else device.HoldBefore(DeviceCall.Write, Log);
            }

            return SinkAction.Say("550 5.1.1 nobody");
        };

        await SubmitAsync(milswitch, Message("nobody there"));
        await KillWhenHeldAsync(milswitch);
        await DrainedAsync(milswitch, back, 1);

        Assert.Contains("Action: failed", Text(Assert.Single(back.Transactions)), StringComparison.OrdinalIgnoreCase);
        // With the report the outcome is recorded; without it the hop is asked again.
        Assert.Equal(committed ? 1 : 2, attempts);
    }

    [RequiresTheory(FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "F41")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task During_a_release_a_draft_waits_still_or_is_released_once(bool committed)
    {
        var sink = StartSink();
        var uid = (await File.ReadAllLinesAsync("/proc/self/status")).First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
        var milswitch = await StartAsync(
            [new RouteSetup("*", sink.NextHop)], $"release: {{ rules: [{{ name: out, listeners: [mta], proof: account, authorizers: [{{ address: chief@client.test, accounts: [\"local:{uid}\"] }}] }}] }}\n");
        await SubmitAsync(milswitch, Message("draft"));
        var id = "";
        await Eventually.ComesTrueAsync(async () => (id = await DraftAsync()).Length > 0, Soon, "the draft waits");

        if (committed) device.HoldAfter(DeviceCall.Sync, Log);
        else device.HoldBefore(DeviceCall.Write, Log);
        var order = milswitch.CommandAsync("draft", "release", id, "--reason", "seen");
        await KillWhenHeldAsync(milswitch);
        Assert.NotEqual(0, (await order).ExitCode);

        Assert.Equal(committed ? "" : id, await DraftAsync());
        if (!committed)
        {
            Assert.Empty(sink.Transactions);
            Assert.Equal(0, (await milswitch.CommandAsync("draft", "release", id, "--reason", "seen")).ExitCode);
        }

        await DrainedAsync(milswitch, sink, 1);
        Assert.Contains("MMHS-Authorizing-Users: chief@client.test", Text(Assert.Single(sink.Transactions)), StringComparison.Ordinal);

        async Task<string> DraftAsync()
        {
            var list = await milswitch.CommandAsync("draft", "list", "--json");
            Assert.True(list.ExitCode is 0, list.Error);
            return JsonDocument.Parse(list.Output).RootElement.GetProperty("items").EnumerateArray().Select(d => d.GetProperty("id").GetString()!).FirstOrDefault("");
        }
    }

    private async Task<SwitchProcess> StartAsync(IReadOnlyList<RouteSetup> routes, string extra = "")
    {
        device = new FaultyDevice(Workspace["data"], Workspace.Folder);
        return await StartSwitchAsync(routes, QuickRetries + extra, device: device);
    }

    private async Task KillWhenHeldAsync(SwitchProcess milswitch)
    {
        await device.IsHoldingAsync(Soon);
        await milswitch.KillAsync();
        device.Heal();
        await milswitch.StartAsync();
    }

    private static async Task WarmUpAsync(SwitchProcess milswitch, SinkServer sink)
    {
        await SubmitAsync(milswitch, Message("first"));
        await DrainedAsync(milswitch, sink, 1);
    }

    /// <summary>Waits for the messages and for the record of the last one; whatever else the switch had would be there too.</summary>
    private static async Task DrainedAsync(SwitchProcess milswitch, SinkServer sink, int messages)
    {
        await sink.WaitForAsync(messages, Soon);
        await Eventually.ComesTrueAsync(async () => await QueuedAsync(milswitch) is 0, Soon, "the queue is empty");
    }

    /// <summary>The first word that the verb printed.</summary>
    private static async Task<string> OrderAsync(SwitchProcess milswitch, params string[] words)
    {
        var result = await milswitch.CommandAsync(["rule", .. words]);
        Assert.True(result.ExitCode is 0, result.Error);
        return result.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault("");
    }

    /// <summary>0: the connection ended without one.</summary>
    private static async Task<int> AnswerAsync(SwitchProcess milswitch, byte[] content)
    {
        await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port);
        return (await client.MailAsync("a@client.test", ["b@sink.test"], content)).Code;
    }

    private static async Task<int> QueuedAsync(SwitchProcess milswitch)
    {
        var list = await milswitch.CommandAsync("queue", "list", "--json");
        Assert.True(list.ExitCode is 0, list.Error);
        return JsonDocument.Parse(list.Output).RootElement.GetProperty("items").GetArrayLength();
    }
}
