using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Tests;

/// <summary>What becomes of a message on its way in because of its MMHS fields (RFC 6477).</summary>
[Trait("Feature", "D-02")]
public sealed class MilitaryFieldsTests
{
    private static readonly MmhsRules Whole = new() { Presence = true, Require = [MmhsField.ExtendedAuthorisationInfo] };

    [Fact]
    public async Task Refuses_a_field_that_breaks_a_rule_and_says_where_and_why()
    {
        await using var harness = await StartAsync(new MmhsRules());
        var refused = await harness.SendAsync("To: b@dest.test\r\nMMHS-Subject-Indicator-Codes: SDM; XY\r\nMMHS-Message-Type: 3\r\nMMHS-Message-Type: 3\r\n\r\nhello\r\n");
        Assert.Equal(Refusal.MilitaryFieldRefused, refused.Refusal);
        Assert.Equal("MMHS-Subject-Indicator-Codes, octet 7: a subject indicator code has 3 to 8 characters (MMHS-SIC-LENGTH); 1 more", refused.Detail);
        Assert.Null((await harness.SendAsync("To: b@dest.test\r\nMMHS-Subject-Indicator-Codes: SDM; XYZ\r\n\r\nhello\r\n")).Refusal);
        Assert.Null((await harness.SendAsync()).Refusal);
    }

    [Fact]
    public async Task Takes_anything_where_nothing_is_demanded()
    {
        await using var harness = await StartAsync(null);
        Assert.Null((await harness.SendAsync("To: b@dest.test\r\nMMHS-Message-Type: war\r\n\r\nhello\r\n")).Refusal);
    }

    [Theory]
    [InlineData("To: b@dest.test\r\nMMHS-Extended-Authorisation-Info: 1 Mar 2026 12:00 +0000\r\n", "MMHS-Primary-Precedence: the field is required and not there (MMHS-MISSING)")]
    [InlineData("To: b@dest.test\r\nMMHS-Primary-Precedence: flash\r\n", "MMHS-Extended-Authorisation-Info: the field is required and not there (MMHS-MISSING)")]
    [InlineData("Cc: b@dest.test\r\nMMHS-Primary-Precedence: flash\r\nMMHS-Extended-Authorisation-Info: 1 Mar 2026 12:00 +0000\r\n", "MMHS-Copy-Precedence: the field is required and not there (MMHS-MISSING)")]
    [InlineData("To: b@dest.test\r\nCc: c@dest.test\r\nMMHS-Primary-Precedence: flash\r\nMMHS-Copy-Precedence: 1\r\nMMHS-Extended-Authorisation-Info: 1 Mar 2026 12:00 +0000\r\n", null)]
    public async Task Refuses_what_lacks_a_field(string header, string? detail)
    {
        await using var harness = await StartAsync(Whole);
        Assert.Equal(detail, (await harness.SendAsync(header + "\r\nhello\r\n")).Detail);
    }

    [Fact]
    public async Task Demands_no_field_of_a_report()
    {
        await using var harness = await StartAsync(Whole);
        const string report = "To: b@dest.test\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b--\r\n";
        Assert.Null((await harness.SendAsync(report, from: "")).Refusal);
        Assert.Equal(Refusal.MilitaryFieldRefused, (await harness.SendAsync(report)).Refusal);
    }

    [Theory]
    [Trait("Feature", "D-05")]
    [InlineData(10, Precedence.Immediate)]
    [InlineData(300_000, Precedence.Priority)]
    public async Task Writes_what_is_missing_and_says_so(int octets, Precedence level)
    {
        await using var harness = await StartAsync(Whole with { Correct = true });
        var body = string.Concat(Enumerable.Repeat("0123456789abcdef\r\n", octets / 18 + 1));
        var text = "To: b@dest.test\r\nCc: c@dest.test\r\nSubject: s\r\nMMHS-Copy-Precedence: routine\r\n\r\n" + body;
        var before = TimeProvider.System.GetUtcNow();
        var sent = await harness.SendAsync(text, priority: MtPriority.From(level));
        Assert.Equal((null, null), (sent.Refusal, sent.Detail));

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var arrived = Encoding.ASCII.GetString(Assert.Single(harness.Sink.Transactions).Content.Span);
        Assert.EndsWith(text, arrived, StringComparison.Ordinal);
        var reading = MmhsReader.Read(HeaderBlock.Scan(Encoding.ASCII.GetBytes(arrived), 1 << 16, 100));
        Assert.Empty(reading.Faults);
        Assert.Equal(level, reading.Fields.PrimaryPrecedence!.Value.Named);
        Assert.Equal(Precedence.Routine, reading.Fields.CopyPrecedence!.Value.Named);
        // The field has whole seconds.
        Assert.InRange(reading.Fields.ExtendedAuthorisationInfo!.Value, before.AddSeconds(-1), done.Envelope.ArrivedAt);
        var audit = await harness.Spool.ReadAuditAsync(sent.Id);
        Assert.Equal("MMHS-Extended-Authorisation-Info, MMHS-Primary-Precedence", Assert.Single(audit, a => a.Kind == AuditKind.Completed).Detail);
    }

    [Fact]
    public async Task Does_not_invent_what_only_the_originator_knows()
    {
        await using var harness = await StartAsync(Whole with { Correct = true, Require = [MmhsField.SubjectIndicatorCodes] });
        Assert.Equal("MMHS-Subject-Indicator-Codes: the field is required and not there (MMHS-MISSING)", (await harness.SendAsync("To: b@dest.test\r\n\r\nhello\r\n")).Detail);
    }

    [Fact]
    public async Task Knows_a_message_again_that_it_completed()
    {
        await using var harness = await StartAsync(Whole with { Correct = true });
        const string text = "To: b@dest.test\r\nMessage-ID: <1@origin.test>\r\n\r\nhello\r\n";
        var first = await harness.SendAsync(text);
        await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done);
        var second = await harness.SendAsync(text);
        var again = await harness.WaitForAsync(second.Id, m => m.Recipients.All(r => r.State == RecipientState.Duplicate));
        Assert.Single(again.Recipients);
        Assert.Single(harness.Sink.Transactions);
    }

    private static Task<SwitchHarness> StartAsync(MmhsRules? rules) => SwitchHarness.StartAsync(
        c => rules is null ? c : c with { ListenerMmhs = ImmutableDictionary<string, MmhsRules>.Empty.Add("test", rules) });
}
