using System.Text;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>What a listener with protection accepts, and as what.</summary>
public sealed class ArrivalProtectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    [Trait("Threat", "M3")]
    public async Task Writes_its_result_above_Received_and_removes_what_claims_to_be_its_own()
    {
        var protection = new FakeProtection
        {
            Arrival = text => text.Contains("forged", StringComparison.Ordinal)
                ? new ArrivalOutcome.Refused(Refusal.SignatureInvalid, "it sees forgeries")
                : new ArrivalOutcome.Accepted("Authentication-Results: switch.test; smime=pass\r\n"u8.ToArray(), null, [new ProtectionNote(AuditKind.Verified, "pass")]),
        };
        await using var harness = await SwitchHarness.StartAsync(Protecting, protection: protection);
        var sent = await harness.SendAsync(
            "Authentication-Results: switch.test;\r\n smime=pass reason=forged\r\nSubject: kept\r\nAuthentication-Results: (c) SWITCH.test ; smime=pass (forged)\r\n"
            + "Authentication-Results: other.test; smime=fail\r\n\r\nAuthentication-Results: switch.test; in the body\r\n");

        Assert.Null(sent.Refusal);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var text = Encoding.UTF8.GetString(Assert.Single(harness.Sink.Transactions).Content.Span);
        Assert.StartsWith("Authentication-Results: switch.test; smime=pass\r\nReceived: ", text, StringComparison.Ordinal);
        Assert.EndsWith("\r\nSubject: kept\r\nAuthentication-Results: other.test; smime=fail\r\n\r\nAuthentication-Results: switch.test; in the body\r\n", text, StringComparison.Ordinal);
        Assert.Equal([AuditKind.Accepted, AuditKind.Verified, AuditKind.Delivered], (await harness.Spool.ReadAuditAsync(sent.Id)).Select(a => a.Kind));
    }

    [Fact]
    public async Task What_was_opened_becomes_the_content_and_is_never_returned_whole()
    {
        var protection = new FakeProtection
        {
            Arrival = text => new ArrivalOutcome.Accepted(default, Encoding.UTF8.GetBytes("Subject: x\r\nX-MilSwitch-Forged: y\r\n\r\nSECRET of " + text.Length + "\r\n"), [new ProtectionNote(AuditKind.Decrypted, "k")]),
        };
        await using var harness = await SwitchHarness.StartAsync(Protecting, protection: protection);
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient && step.Line.Contains("b@", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such user") : null;
        var text = "Subject: x\r\n\r\n" + new string('c', 300_000) + "\r\n";
        var sent = await harness.SendAsync(text, to: ["b@dest.test", "c@dest.test"], change: e => e with { Return = DsnReturn.Full });

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var arrived = await harness.Sink.WaitForAsync(2, Patience);
        Assert.EndsWith($"\r\n\r\nSECRET of {text.Length}\r\n", Encoding.UTF8.GetString(Assert.Single(arrived, t => t.Mail.Contains("a@", StringComparison.Ordinal)).Content.Span), StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", Encoding.UTF8.GetString(Assert.Single(arrived, t => t.Mail.Contains("<>", StringComparison.Ordinal)).Content.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Subject: x\r\n\r\n.\nRCPT TO:<x@y>\r\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=\"\r\n\r\n\0")]
    [Trait("Threat", "S2")]
    public async Task What_was_opened_meets_the_limits_of_all_content(string opened)
    {
        var protection = new FakeProtection { Arrival = _ => new ArrivalOutcome.Accepted(default, Encoding.UTF8.GetBytes(opened), []) };
        await using var harness = await SwitchHarness.StartAsync(Protecting, protection: protection);
        Assert.Equal(Refusal.OpenedUnsound, (await harness.SendAsync()).Refusal);
    }

    [Theory]
    [InlineData(Refusal.SignatureRequired)]
    [InlineData(Refusal.SignatureInvalid)]
    public async Task Refuses_what_the_settings_refuse(Refusal refusal)
    {
        var protection = new FakeProtection { Arrival = _ => new ArrivalOutcome.Refused(refusal, "because") };
        await using var harness = await SwitchHarness.StartAsync(Protecting, protection: protection);
        Assert.Equal(refusal, (await harness.SendAsync()).Refusal);
        Assert.Empty(await harness.Spool.QueryAsync(new MessageQuery()));
    }

    [Fact]
    public async Task Nothing_is_half_accepted_when_a_key_is_away()
    {
        var protection = new FakeProtection { Arrival = _ => new ArrivalOutcome.Unavailable("the token is away") };
        await using var harness = await SwitchHarness.StartAsync(Protecting, protection: protection);
        Assert.Equal(Refusal.KeyUnavailable, (await harness.SendAsync()).Refusal);
        Assert.Empty(await harness.Spool.QueryAsync(new MessageQuery()));
    }

    [Fact]
    public async Task Nothing_is_accepted_unexamined_when_nothing_examines()
    {
        await using var harness = await SwitchHarness.StartAsync(Protecting);
        Assert.Equal(Refusal.KeyUnavailable, (await harness.SendAsync()).Refusal);
    }

    [Fact]
    public async Task Other_listeners_are_not_concerned()
    {
        var protection = new FakeProtection { Arrival = _ => throw new InvalidOperationException("nobody asks") };
        await using var harness = await SwitchHarness.StartAsync(
            c => c with { Arrivals = new Dictionary<string, ArrivalProtection> { ["another"] = new() { AuthservId = "switch.test" } } }, protection: protection);
        Assert.Null((await harness.SendAsync()).Refusal);
    }

    private static SwitchConfiguration Protecting(SwitchConfiguration configuration) =>
        configuration with { Arrivals = new Dictionary<string, ArrivalProtection> { ["test"] = new() { AuthservId = "switch.test", Verify = true } } };
}
