using System.Collections.Concurrent;
using System.Text;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Reports of this switch leave signed where the settings say so, or not at all.</summary>
[Trait("Feature", "L-03")]
public sealed class ReportProtectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly DepartureEncryption Encryption = new() { Certificates = [new byte[] { 1 }] };
    [Fact]
    public async Task Signs_reports_over_a_route_that_signs_nothing()
    {
        var asked = new ConcurrentQueue<DepartureProtection>();
        var protection = new FakeProtection { Departure = (text, _) => new DepartureOutcome.Protected(Encoding.UTF8.GetBytes("X-Signed: yes\r\n" + text), []), Asked = asked.Enqueue };
        await using var harness = await SwitchHarness.StartAsync(Protected, protection: protection);
        harness.Sink.Script = Refuse;
        var sent = await harness.SendAsync(priority: MtPriority.From(Precedence.Flash));

        var report = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        Assert.Equal("yes", report.Field("X-Signed"));
        Assert.Equal(("domain", "domain", HeaderProtection.Rfc9788, false), (Assert.Single(asked).Sign!.Key, asked.First().Sign!.SignatureType, asked.First().Sign!.HeaderProtection, asked.First().Encrypt is not null));
        var text = Encoding.UTF8.GetString(report.Content.Span);
        Assert.Contains("\r\nX-MilSwitch-Original-Digest: sha-384;", text, StringComparison.Ordinal);
        Assert.Contains("\r\nX-MilSwitch-Precedence: flash\r\n", text, StringComparison.Ordinal);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
    }

    [Fact]
    [Trait("Threat", "F28")]
    public async Task A_report_waits_for_its_key_while_other_mail_goes_on()
    {
        var protection = new FakeProtection();
        protection.TokenBecomes(TokenCondition.Lost, "it was pulled out");
        await using var harness = await SwitchHarness.StartAsync(Protected, protection: protection);
        harness.Sink.Script = Refuse;
        await harness.SendAsync();
        await Eventually.ComesTrueAsync(() => Task.FromResult(protection.Departures > 0), Patience, "the report was tried");
        var other = await harness.SendAsync(to: ["c@dest.test"]);
        await harness.WaitForAsync(other.Id, m => m.State == MessageState.Done);
        Assert.DoesNotContain(harness.Sink.Transactions, t => t.Mail.Contains("<>", StringComparison.Ordinal));

        protection.TokenBecomes(TokenCondition.Working);
        await Eventually.ComesTrueAsync(() => Task.FromResult(harness.Sink.Transactions.Any(t => t.Mail.Contains("<>", StringComparison.Ordinal))), Patience, "the report is sent");
    }

    [Fact]
    [Trait("Threat", "C8")]
    public async Task Encrypts_what_tells_of_encrypted_mail_and_returns_its_header_only()
    {
        var asked = new ConcurrentQueue<DepartureProtection>();
        var protection = new FakeProtection { Asked = asked.Enqueue };
        await using var harness = await SwitchHarness.StartAsync(Protected, protection: protection);
        harness.Sink.Script = Refuse;
        await harness.SendAsync(
            "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=authEnveloped-data\r\n\r\nCIPHERTEXT\r\n", change: e => e with { Return = DsnReturn.Full });

        var report = Encoding.UTF8.GetString(Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Content.Span);
        Assert.Same(Encryption, Assert.Single(asked).Encrypt);
        Assert.Contains("text/rfc822-headers", report, StringComparison.Ordinal);
        Assert.DoesNotContain("CIPHERTEXT", report, StringComparison.Ordinal);
    }

    private static SinkAction? Refuse(SinkStep step) =>
        step.Phase is SinkPhase.Recipient && step.Line.Contains("b@dest.test", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such user") : null;

    private static SwitchConfiguration Protected(SwitchConfiguration configuration) => configuration with
    {
        Reports = configuration.Reports with { Protection = new ReportProtection { Sign = new DepartureSigning("domain"), Encrypt = Encryption } },
    };
}
