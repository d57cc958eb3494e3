using System.Text;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>RFC 6710 and RFC 6758 from one side of the switch to the other.</summary>
public sealed class PriorityTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly SinkOptions WithoutPriorities = new() { Extensions = ["PIPELINING", "CHUNKING", "8BITMIME"] };

    [Theory]
    [Trait("Feature", "A-14")]
    [InlineData("MT-Priority: 4\r\nSubject: two\r\nMT-Priority: 6\r\n\r\n", "-2")]
    [InlineData("MT-Priority: highest\r\nSubject: malformed\r\n\r\n", "-2")]
    [InlineData("MT-Priority: 44\r\nMMHS-Primary-Precedence: immediate\r\nSubject: other evidence\r\n\r\n", "2")]
    [InlineData("MT-Priority: 3 (kept)\r\nSubject: one\r\n\r\n", "3")]
    public async Task A_hop_without_the_extension_gets_one_field_with_the_value_that_counts(string text, string value)
    {
        await using var harness = await SwitchHarness.StartAsync(sink: WithoutPriorities);
        Assert.Null((await harness.SendAsync(text)).Refusal);
        var arrived = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        var header = Encoding.ASCII.GetString(arrived.Content.Span);
        Assert.Equal($"MT-Priority: {value}", Assert.Single(header.Split("\r\n"), l => l.StartsWith("MT-Priority", StringComparison.OrdinalIgnoreCase)));
        Assert.Contains($"PRIORITY {value};", header, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "C-14")]
    public async Task A_level_that_a_received_report_claims_does_not_travel_on_in_its_field()
    {
        await using var harness = await SwitchHarness.StartAsync(sink: WithoutPriorities);
        await harness.SendAsync("MT-Priority: 6\r\nContent-Type: multipart/report\r\n\r\n", from: "");
        var arrived = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        Assert.Equal("-2", arrived.Field("MT-Priority"));
    }

    [Fact]
    [Trait("Feature", "A-14")]
    public async Task Unmarked_mail_gets_no_field()
    {
        await using var harness = await SwitchHarness.StartAsync(sink: WithoutPriorities);
        await harness.SendAsync();
        Assert.Null(Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Field("MT-Priority"));
    }

    [Fact]
    [Trait("Feature", "A-13")]
    public async Task A_field_that_asks_for_too_much_is_answered_with_what_counts()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var lowered = await harness.SendAsync("MT-Priority: 6\r\n\r\n", highest: Precedence.Priority);
        Assert.Equal(MtPriority.From(Precedence.Priority), lowered.PriorityLowered);
        Assert.Null((await harness.SendAsync("MT-Priority: -2\r\n\r\n", highest: Precedence.Priority)).PriorityLowered);
        Assert.Null((await harness.SendAsync(highest: Precedence.Deferred)).PriorityLowered);
    }

    [Fact]
    [Trait("Feature", "A-13")]
    public async Task A_retry_carries_the_same_value()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var heard = new List<string>();
        harness.Sink.Script = step =>
        {
            if (step.Phase != SinkPhase.Mail) return null;
            lock (heard) heard.Add(step.Line);
            return heard.Count is 1 ? SinkAction.Say("451 4.3.0 later") : null;
        };
        MtPriority.TryCreate(3, out var priority);
        var sent = await harness.SendAsync(priority: priority);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(2, heard.Count);
        Assert.All(heard, line => Assert.Contains("MT-PRIORITY=3", line, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Feature", "C-14")]
    public async Task A_report_carries_the_value_of_its_message()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient && step.Line.Contains("b@dest.test", StringComparison.Ordinal)
            ? SinkAction.Say("550 5.1.1 no such user") : null;
        MtPriority.TryCreate(3, out var priority);
        await harness.SendAsync(priority: priority);
        Assert.Contains("MT-PRIORITY=3", Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Mail, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Feature", "A-13")]
    [InlineData("MT-PRIORITY MIXER", 1)]
    [InlineData("MT-PRIORITY stanag4406", 0)]
    [InlineData("MT-PRIORITY", 0)]
    public async Task Another_priority_policy_is_noted_once_and_changes_no_value(string offered, int warnings)
    {
        await using var harness = await SwitchHarness.StartAsync(sink: new SinkOptions { Extensions = ["PIPELINING", offered] });
        MtPriority.TryCreate(3, out var priority);
        await harness.SendAsync(priority: priority);
        await harness.Sink.WaitForAsync(1, Patience);
        await harness.SendAsync(priority: priority);
        var arrived = await harness.Sink.WaitForAsync(2, Patience);
        Assert.All(arrived, t => Assert.Contains("MT-PRIORITY=3", t.Mail, StringComparison.Ordinal));
        Assert.Equal(warnings * harness.Sink.Connections, harness.Warnings.Count(w => w.Contains("MIXER", StringComparison.Ordinal)));
    }
}
