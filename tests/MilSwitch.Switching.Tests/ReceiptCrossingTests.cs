using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels.Carriers;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Receipts and reports on their way back over a boundary, and what happens when none comes.</summary>
[Trait("Feature", "L-03")]
public sealed class ReceiptCrossingTests
{
    private const string Text = "From: <a@red.test>\r\nSubject: test\r\nMessage-ID: <m1@red.test>\r\n\r\nhello\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly SecurityDomain Red = new("red") { MailDomains = ["red.test"] };
    private static readonly SecurityDomain Blue = new("blue") { MailDomains = ["blue.test"] };
    private static readonly EnvelopeTagKeys Keys = new(Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef"));
    private static readonly BoundarySettings Outward = new()
    {
        Name = "red-to-blue", From = Red, To = Blue, Sign = new DepartureSigning("red"), ActionPoint = "duty@blue.test",
        Receipts = new BoundaryReceiptSettings("receipts@red.test", new DepartureSigning("red"), [AcknowledgmentGrade.RecipientVerified]),
    };

    private static readonly BoundarySettings Homeward = new() { Name = "blue-to-red", From = Blue, To = Red, RequireSignature = false };

    [Fact]
    public async Task A_receipt_waits_for_the_key_that_answers_and_is_answered_once()
    {
        var receipts = new FakeReceipts { IsAway = true };
        await using var harness = await StartAsync(receipts, c => c);
        var tag = await TagAsync(harness);
        var first = await ReturnAsync(harness, tag, "good");
        await Eventually.ComesTrueAsync(async () => (await harness.Spool.ReadAuditAsync(first.Id)).Any(a => a.Kind == AuditKind.Deferred && a.Detail == "receipt: the key is away"), Patience, "it waits");
        receipts.IsAway = false;
        Assert.Equal(RecipientState.Crossed, Assert.Single((await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done)).Recipients).State);
        var second = await ReturnAsync(harness, tag, "good");
        await harness.WaitForAsync(second.Id, m => m.State == MessageState.Done);

        await Eventually.ComesTrueAsync(() => Task.FromResult(Told(harness) is 1), Patience, "the originator hears of it");
        Assert.Contains(await harness.Spool.ReadAuditAsync(second.Id), a => a.Kind == AuditKind.Crossed && a.Detail.EndsWith("that came before; nothing changes", StringComparison.Ordinal));
        var answer = harness.Sink.Transactions.Single(t => t.Field("Subject") == "Receipt: recipient-verified");
        Assert.Contains("FROM:<>", answer.Mail, StringComparison.Ordinal);
        Assert.EndsWith("b@blue.test <m1@red.test>\r\n", Encoding.ASCII.GetString(answer.Content.Span), StringComparison.Ordinal);
        // What came stays as evidence.
        await using var kept = await harness.Spool.OpenContentAsync(first.Id);
        Assert.NotNull(kept);
    }

    [Fact]
    [Trait("Threat", "C13")]
    public async Task What_is_no_receipt_raises_an_alarm_and_verifies_nobody()
    {
        await using var harness = await StartAsync(new FakeReceipts(), c => c);
        var tag = await TagAsync(harness);
        var copy = IdOf(tag);
        var bad = await ReturnAsync(harness, tag, "bad");
        Assert.Equal("receipt: it is not to be believed: SIGNER-MISMATCH", (await harness.WaitForAsync(bad.Id, m => m.State == MessageState.Held)).HeldBecause);
        var unknown = await ReturnAsync(harness, tag[..^1] + (tag[^1] is '0' ? '1' : '0'), "good");
        Assert.Equal("receipt: it is for no message for which a receipt is awaited from there", (await harness.WaitForAsync(unknown.Id, m => m.State == MessageState.Held)).HeldBecause);

        await Eventually.ComesTrueAsync(async () => (await KnownAsync(harness, copy)).Alarms.HasFlag(AcknowledgmentAlarms.ReceiptInvalid), Patience, "an alarm stands");
        Assert.False((await KnownAsync(harness, copy)).Has(AcknowledgmentGrade.RecipientVerified));
        Assert.Equal(0, Told(harness));
    }

    [Fact]
    [Trait("Feature", "L-06")]
    public async Task Who_took_it_and_keeps_silent_is_replaced_by_the_action_point()
    {
        await using var harness = await StartAsync(new FakeReceipts(), Hurried);
        var tag = await TagAsync(harness);
        var copy = IdOf(tag);

        await Eventually.ComesTrueAsync(() => Task.FromResult(harness.Sink.Transactions.Any(t => t.Recipients.Any(r => r.Contains("duty@blue.test", StringComparison.Ordinal)))), Patience, "the action point gets a copy");
        await Eventually.ComesTrueAsync(async () => (await KnownAsync(harness, copy)).AlternateSentAt is not null, Patience, "that is recorded");
        var known = await KnownAsync(harness, copy);
        // The next hop took it: one grade, and no other.
        Assert.Equal((true, false, false), (known.Has(AcknowledgmentGrade.GatewayAccepted), known.Has(AcknowledgmentGrade.DomainDelivered), known.Has(AcknowledgmentGrade.RecipientVerified)));
        Assert.Equal(ExpectedEvidence.Receipt, known.Expected);
        Assert.Contains(await harness.Operator.AlarmsAsync(default), a => a.Id == "unacknowledged:routine");
    }

    [Fact]
    [Trait("Threat", "F9")]
    public async Task Nothing_is_left_of_answers_when_the_store_does_not_take_all_of_them()
    {
        await using var harness = await StartAsync(
            new FakeReceipts { Padding = 200_000 },
            c => c with { Boundaries = new BoundaryMap([Red, Blue], [Outward with { Receipts = Outward.Receipts! with { Grades = [AcknowledgmentGrade.GatewayAccepted] } }, Homeward]) });
        // The second of two fails, four times.
        var ended = 0;
        harness.Refusing.RefusesContent = length => length > 100_000 && Interlocked.Increment(ref ended) is var number && number <= 8 && number % 2 is 0 ? SpoolHealth.Unwritable : null;
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test", "c@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);

        await Eventually.ComesTrueAsync(() => Task.FromResult(harness.Sink.Transactions.Count(t => t.Field("Subject") == "Receipt: gateway-accepted") is 2), Patience, "the originator hears of both");
        Assert.True(Volatile.Read(ref ended) >= 10);
        // What was delivered has no file any more, and nothing else had one.
        await Eventually.ComesTrueAsync(() => Task.FromResult(Files().Length is 0), Patience, "no file is left");

        string[] Files() => Directory.GetFiles(Path.Combine(harness.Folder, "content"), "*", SearchOption.AllDirectories);
    }

    [Fact]
    [Trait("Feature", "L-06")]
    public async Task Operators_see_what_is_known_and_awaited_of_the_original_and_of_its_copy()
    {
        await using var harness = await StartAsync(new FakeReceipts(), Hurried);
        var tag = await TagAsync(harness);
        var copy = IdOf(tag);
        await Eventually.ComesTrueAsync(async () => (await KnownAsync(harness, copy)).AlternateSentAt is not null, Patience, "the action point takes over");

        var original = (await harness.Spool.ReadAsync(copy))!.Parent!.Value;
        foreach (var id in new[] { copy, original })
        {
            var known = Assert.Single((await harness.Operator.MessageAsync(id, default))!.Awaited);
            Assert.Equal((copy, "b@blue.test", TimeSpan.FromMilliseconds(300)), (known.State.Message, known.Address, known.Deadline.Receipt!.Value));
            Assert.Equal((ExpectedEvidence.Receipt, AcknowledgmentAlarms.ReceiptMissing), (known.State.Missing, known.State.Alarms));
        }

        // Also when nothing is awaited any more.
        await ReturnAsync(harness, tag, "good");
        await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.MessageAsync(copy, default))!.Awaited is [{ State: { SettledAt: not null, Alarms: AcknowledgmentAlarms.None } settled }] && settled.Has(AcknowledgmentGrade.RecipientVerified),
            Patience, "it is settled");
    }

    [Fact]
    public async Task A_disposition_notification_is_awaited_from_the_passage_on()
    {
        await using var harness = await StartAsync(new FakeReceipts(), Hurried, asks: false);
        var sent = await harness.SendAsync("Disposition-Notification-To: <a@red.test>\r\n" + Text, from: "a@red.test", to: ["b@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var copy = (await harness.Spool.QueryAsync(new MessageQuery { Parent = sent.Id })).Single();

        await Eventually.ComesTrueAsync(async () => (await KnownAsync(harness, copy.Id)).Alarms.HasFlag(AcknowledgmentAlarms.ReceiptMissing), Patience, "an alarm stands");
        Assert.Equal(ExpectedEvidence.Disposition, (await KnownAsync(harness, copy.Id)).Expected);
    }

    [Fact]
    public async Task A_report_that_a_boundary_wrote_anew_is_signed_as_a_report_of_the_switch_with_the_label_of_the_original()
    {
        var asked = new ConcurrentQueue<(DepartureProtection Settings, DepartureLabels? Labels)>();
        DepartureLabels? labels = null;
        var protection = new FakeProtection { Labels = l => labels = l };
        protection.Asked = settings => asked.Enqueue((settings, labels));
        await using var harness = await StartAsync(
            new FakeReceipts(), c => c with
            {
                ListenerLabels = new Dictionary<string, IListenerLabelling> { ["test"] = LabelStage.Listener() }, Reports = c.Reports with { Protection = new ReportProtection { Sign = new DepartureSigning("home") } },
            },
            protection: protection);
        harness.Sink.Script = step => step.Line.StartsWith("RCPT TO:<b@blue.test>", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such person") : null;
        var label = LabelStage.Label(LabelStage.Alfa, "RESTRICTED");
        await harness.SendAsync($"SIO-Label: {SioLabel.Of(label).Format()}\r\n{Text}", from: "a@red.test", to: ["b@blue.test"]);

        await Eventually.ComesTrueAsync(() => Task.FromResult(harness.Sink.Transactions.Any(t => t.Mail.Contains("FROM:<>", StringComparison.Ordinal))), Patience, "a report comes");
        var (settings, said) = asked.Single(a => a.Settings.Sign?.Key is "home");
        Assert.Equal(("domain", HeaderProtection.Rfc9788), (settings.Sign!.SignatureType, settings.Sign.HeaderProtection));
        Assert.Equal(EssLabel.Encode(label), said!.Label!.Value.ToArray());
        var report = Encoding.UTF8.GetString(harness.Sink.Transactions.Single(t => t.Mail.Contains("FROM:<>", StringComparison.Ordinal)).Content.Span);
        Assert.Contains("\r\nX-MilSwitch-Original-Digest: sha-", report, StringComparison.Ordinal);
        Assert.Contains("\r\nX-MilSwitch-Precedence: routine\r\n", report, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "C8")]
    [Trait("Threat", "C9")]
    public async Task What_does_not_open_and_what_is_signed_badly_come_back_alike()
    {
        const string Sealed = "From: <a@red.test>\r\nSubject: NAME\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=authEnveloped-data\r\n\r\nCIPHERTEXT\r\n";
        var boundary = new FakeBoundary
        {
            Opening = text => new OpeningOutcome.Read(text.Contains("Subject: closed", StringComparison.Ordinal)
                ? FakeBoundary.Good(text) with { Signature = SignatureFacts.None, Encryption = EncryptionState.Closed }
                : FakeBoundary.Good("From: <a@red.test>\r\n\r\nsecret words\r\n") with { Signature = new SignatureFacts(SignatureState.Bad, "DIGEST-MISMATCH", SignerRole.None, []), Encryption = EncryptionState.Opened }),
        };
        await using var harness = await StartAsync(new FakeReceipts(), c => c, boundary);
        var closed = await BackAsync(harness, Sealed.Replace("NAME", "closed", StringComparison.Ordinal));
        var forged = await BackAsync(harness, Sealed.Replace("NAME", "forged", StringComparison.Ordinal));
        Assert.Equal(closed.Replace("closed", "forged", StringComparison.Ordinal), forged);
        Assert.DoesNotContain("secret words", forged, StringComparison.Ordinal);
        Assert.DoesNotContain("DIGEST", forged, StringComparison.Ordinal);

        static async Task<string> BackAsync(SwitchHarness harness, string text)
        {
            var before = harness.Sink.Transactions.Count;
            var sent = await harness.SendAsync(text, from: "a@red.test", to: ["b@blue.test"]);
            await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
            Assert.Equal(HoldingOutcome.Done, (await harness.Operator.DecideAsync(sent.Id, new HoldingOrder.Reject(null, "no"), SwitchHarness.Somebody, default)).Outcome);
            var report = (await harness.Sink.WaitForAsync(before + 1, Patience))[^1];
            // Without what is new in each: times, ids, digests, boundaries.
            return Regex.Replace(Encoding.UTF8.GetString(report.Content.Span), @"\d\d:\d\d:\d\d|[0-9A-HJKMNP-TV-Z]{13}|[0-9a-f]{32,}", "*", RegexOptions.None, TimeSpan.FromSeconds(5));
        }
    }

    private static MessageId IdOf(string tag) => MessageId.TryParse(tag.AsSpan(0, tag.IndexOf('.', StringComparison.Ordinal)), out var id) ? id : throw new FormatException(tag);

    private static int Told(SwitchHarness harness) => harness.Sink.Transactions.Count(t => t.Field("Subject") == "Receipt: recipient-verified");

    private static async Task<string> TagAsync(SwitchHarness harness)
    {
        await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);
        await Eventually.ComesTrueAsync(() => Task.FromResult(harness.Sink.Transactions.Count > 0), Patience, "the copy leaves");
        return harness.Sink.Transactions[0].Field("X-Asks")!;
    }

    private static Task<Domain.Intake.IntakeResult> ReturnAsync(SwitchHarness harness, string tag, string word) => harness.SendAsync(
        $"From: <b@blue.test>\r\nMessage-ID: <{Guid.NewGuid():N}@blue.test>\r\n\r\n{tag} {word}\r\n", from: "b@blue.test", to: ["receipts@red.test"],
        change: e => e with { Origin = e.Origin with { Listener = "blue" } });

    private static async Task<Acknowledgment> KnownAsync(SwitchHarness harness, MessageId copy)
    {
        string? json = null;
        await Eventually.ComesTrueAsync(async () => (json = await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, copy.ToString())) is not null, Patience, "it is followed");
        return Assert.Single(AcknowledgmentDocuments.Read(json!));
    }

    private static SwitchConfiguration Hurried(SwitchConfiguration configuration) => configuration with
    {
        Acknowledgments = new AcknowledgmentDeadlines
        {
            Levels = [.. AcknowledgmentDeadlines.Default.Levels.Select(_ => new AcknowledgmentDeadline(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300)))],
        },
    };

    private static async Task<SwitchHarness> StartAsync(
        FakeReceipts receipts, Func<SwitchConfiguration, SwitchConfiguration> change, FakeBoundary? boundary = null, FakeProtection? protection = null, bool asks = true)
    {
        var request = new RequestedReceipt(new byte[] { 7 }, new byte[] { 8 }, ["spy@green.test", "a@red.test"]);
        boundary ??= new FakeBoundary { Opening = text => new OpeningOutcome.Read(FakeBoundary.Good(text) with { Receipt = asks && text.Contains("<a@red.test>", StringComparison.Ordinal) ? request : null }) };
        protection ??= new FakeProtection();
        var tag = "";
        var heard = protection.Asked;
        protection.Asked = settings =>
        {
            tag = settings.Sign is null ? "" : Encoding.ASCII.GetString(settings.Sign.ReceiptRequest.Span);
            heard(settings);
        };
        protection.Departure = (text, _) => new DepartureOutcome.Protected(Encoding.UTF8.GetBytes(tag.Length is 0 ? text : $"X-Asks: {tag}\r\n{text}"), [])
        {
            Sent = tag.Length is 0 ? [] : [new SentReceiptEvidence(new byte[] { 1 }, new byte[] { 2 }, ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty)],
        };
        return await SwitchHarness.StartAsync(
            (c, port) =>
            {
                var made = CrossingTests.With(c, port, [Outward, Homeward]);
                return change(made with { EnvelopeTags = Keys, ListenerDomains = new Dictionary<string, string> { ["test"] = "red", ["blue"] = "blue" } });
            },
            boundary, protection, receipts);
    }
}
