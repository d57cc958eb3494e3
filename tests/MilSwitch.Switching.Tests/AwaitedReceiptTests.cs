using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Hosting;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Tracking;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Signed receipts for messages that stay in one domain: what is kept, what counts, and that all of them pass as they came.</summary>
[Trait("Feature", "L-03")]
[Trait("Feature", "L-04")]
public sealed class AwaitedReceiptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_receipt_settles_what_was_asked_for_and_passes_as_it_came()
    {
        await using var harness = await StartAsync();
        var sent = await SendAsync(harness, Asking("t1"));
        var awaited = await FollowedAsync(harness, sent, a => a.AcceptedAt is not null);
        Assert.Equal((ExpectedEvidence.Receipt, "duty@dest.test"), (awaited.Expected, awaited.ActionPoint));
        Assert.Equal(("b@dest.test", ExpectedEvidence.Receipt), await ShownAsync(harness, sent) is [var shown] ? (shown.Address, shown.State.Missing) : default);
        await harness.WaitForAsync(sent, m => m.State == MessageState.Done);
        // It counts after a start as well.
        await harness.RestartAsync(c => Following(c));

        var receipt = await SendReceiptAsync(harness, "t1 b@dest.test");
        var known = await SettledAsync(harness, sent);
        Assert.True(known.Has(AcknowledgmentGrade.RecipientVerified));
        Assert.Equal([known], (await ShownAsync(harness, sent)).Select(s => s.State));
        var passed = Assert.Single(harness.Sink.Transactions, t => t.Recipients.Any(r => r.Contains("a@origin.test", StringComparison.Ordinal)));
        Assert.EndsWith(Receipt("t1 b@dest.test"), Encoding.ASCII.GetString(passed.Content.Span), StringComparison.Ordinal);
        Assert.Equal([(0, $"receipt {receipt} is good: recipient-verified")], await ToldAsync(harness, sent));
        Assert.Equal([(-1, $"the receipt of b@dest.test for {sent}")], await ToldAsync(harness, receipt));
        Assert.Empty(await harness.Operator.AlarmsAsync(default));
        Assert.Empty(await harness.Spool.QueryAsync(new MessageQuery { Parent = sent }));
    }

    [Fact]
    public async Task When_none_comes_the_action_point_takes_over_whose_own_receipt_says_nothing_of_the_recipient()
    {
        await using var harness = await StartAsync(c => Hurried(Following(c)));
        var sent = await SendAsync(harness, Asking("t1"));
        await FollowedAsync(harness, sent, a => a.AlternateSentAt is not null && a.Alarms.HasFlag(AcknowledgmentAlarms.ReceiptMissing));
        var receipt = await SendReceiptAsync(harness, "t1 duty@dest.test", "duty@dest.test");
        await Eventually.ComesTrueAsync(
            async () => (await ToldAsync(harness, sent)).Contains((-1, $"receipt {receipt} is that of the action point duty@dest.test; it says nothing of a recipient")), Patience, "it is told of");
        var known = await FollowedAsync(harness, sent, _ => true);
        Assert.Equal((null, null, AcknowledgmentAlarms.ReceiptMissing), (known.VerifiedAt, known.InvalidReceiptAt, known.Alarms));

        // The recipient answers late: it is over, and the alarm with it.
        await SendReceiptAsync(harness, "t1 b@dest.test");
        Assert.Equal(AcknowledgmentAlarms.None, (await SettledAsync(harness, sent)).Alarms);
    }

    [Theory]
    [InlineData("forged", "SIGNATURE-INVALID")]
    // Somebody to whom it did not go, and the action point, to whom it has not gone.
    [InlineData("c@dest.test", "SIGNER-MISMATCH")]
    [InlineData("duty@dest.test", "SIGNER-MISMATCH")]
    [Trait("Threat", "C13")]
    public async Task What_does_not_verify_acknowledges_nothing_passes_on_and_is_told(string word, string reason)
    {
        await using var harness = await StartAsync();
        var sent = await SendAsync(harness, Asking("t1"));
        await FollowedAsync(harness, sent, _ => true);
        var receipt = await SendReceiptAsync(harness, "t1 " + word);
        var known = await FollowedAsync(harness, sent, a => a.InvalidReceiptAt is not null);
        Assert.Equal((null, ExpectedEvidence.Receipt, AcknowledgmentAlarms.ReceiptInvalid), (known.VerifiedAt, known.Missing, known.Alarms));
        Assert.Equal(RecipientState.Delivered, (await harness.WaitForAsync(receipt, m => m.State == MessageState.Done)).Recipients[0].State);
        Assert.Equal([(0, $"{receipt} is no receipt for it: {reason}")], await ToldAsync(harness, sent));
        Assert.Equal([(-1, $"it is no receipt for {sent}: {reason}")], await ToldAsync(harness, receipt));

        // The good one counts all the same.
        await SendReceiptAsync(harness, "t1 b@dest.test");
        Assert.Null((await SettledAsync(harness, sent)).InvalidReceiptAt);
    }

    [Fact]
    [Trait("Threat", "C13")]
    public async Task The_same_again_changes_nothing_and_is_told()
    {
        await using var harness = await StartAsync();
        var sent = await SendAsync(harness, Asking("t1"));
        await FollowedAsync(harness, sent, _ => true);
        await SendReceiptAsync(harness, "t1 b@dest.test");
        var known = await SettledAsync(harness, sent);
        var again = await SendReceiptAsync(harness, "t1 b@dest.test");
        await harness.WaitForAsync(again, m => m.State == MessageState.Done);
        Assert.Equal((0, $"receipt {again} is good, as one that came before; nothing changes"), (await ToldAsync(harness, sent))[^1]);
        Assert.Equal([(-1, $"a receipt for {sent} that came before; nothing changes")], await ToldAsync(harness, again));
        Assert.Equal(known, await SettledAsync(harness, sent));
    }

    [Theory]
    [InlineData("t2 b@dest.test", "it is a receipt for nothing that is followed here")]
    [InlineData("t1 garbage", "it is no receipt that can be read here")]
    public async Task What_leads_to_no_message_passes_on_and_is_told_in_its_own_trail(string words, string what)
    {
        await using var harness = await StartAsync();
        var sent = await SendAsync(harness, Asking("t1"));
        await FollowedAsync(harness, sent, _ => true);
        var receipt = await SendReceiptAsync(harness, words);
        Assert.Equal(RecipientState.Delivered, (await harness.WaitForAsync(receipt, m => m.State == MessageState.Done)).Recipients[0].State);
        Assert.Equal([(-1, what)], await ToldAsync(harness, receipt));
        Assert.Empty(await ToldAsync(harness, sent));
        Assert.Equal(ExpectedEvidence.Receipt, (await FollowedAsync(harness, sent, _ => true)).Missing);
    }

    [Fact]
    public async Task What_can_t_be_judged_now_is_told_and_concludes_nothing()
    {
        await using var harness = await StartAsync();
        var sent = await SendAsync(harness, Asking("t1"));
        await FollowedAsync(harness, sent, _ => true);
        var receipt = await SendReceiptAsync(harness, "t1 away");
        await harness.WaitForAsync(receipt, m => m.State == MessageState.Done);
        Assert.Equal([(-1, $"a receipt for {sent} that can't be judged: the key is away")], await ToldAsync(harness, receipt));
        Assert.Equal(AcknowledgmentAlarms.None, (await FollowedAsync(harness, sent, _ => true)).Alarms);
    }

    [Fact]
    public async Task Of_two_messages_with_one_identifier_each_has_its_own_recipients()
    {
        await using var harness = await StartAsync();
        var first = await SendAsync(harness, Asking("t1"), "b@dest.test");
        var second = await SendAsync(harness, Asking("t1"), "c@dest.test");
        await FollowedAsync(harness, first, _ => true);
        await FollowedAsync(harness, second, _ => true);
        await SendReceiptAsync(harness, "t1 c@dest.test");
        Assert.NotNull((await SettledAsync(harness, second)).VerifiedAt);
        Assert.Equal((null, null), (await FollowedAsync(harness, first, _ => true)) is var known ? (known.VerifiedAt, known.InvalidReceiptAt) : default);
        Assert.Empty(await ToldAsync(harness, first));
    }

    [Fact]
    public async Task Each_recipient_answers_for_itself_and_only_those_who_were_asked_are_waited_for()
    {
        await using var harness = await StartAsync();
        var all = await SendAsync(harness, Asking("t1"), "b@dest.test", "c@dest.test");
        var listed = await SendAsync(harness, Asking("t2 c@dest.test"), "b@dest.test", "c@dest.test");
        await FollowedAsync(harness, all, a => a.Recipient is 0, count: 2);
        Assert.Equal(1, (await FollowedAsync(harness, listed, _ => true)).Recipient);
        await SendReceiptAsync(harness, "t1 c@dest.test");
        await Eventually.ComesTrueAsync(
            async () => AcknowledgmentDocuments.Read((await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, all.ToString()))!) is [{ VerifiedAt: null, SettledAt: null }, { VerifiedAt: not null, SettledAt: not null }],
            Patience, "one of two has answered");
        // Who was not asked has nothing to say.
        var receipt = await SendReceiptAsync(harness, "t2 b@dest.test");
        await FollowedAsync(harness, listed, a => a.InvalidReceiptAt is not null);
        Assert.Equal([(-1, $"it is no receipt for {listed}: SIGNER-MISMATCH")], await ToldAsync(harness, receipt));
    }

    [Fact]
    public async Task What_counts_is_what_was_accepted_whatever_the_route_makes_of_it_and_however_long_it_is()
    {
        var protection = new FakeProtection { Departure = (text, _) => new DepartureOutcome.Protected(Encoding.ASCII.GetBytes("Content-Type: application/octet-stream\r\n\r\n" + new string('x', text.Length / 2) + "\r\n"), []) };
        await using var harness = await StartAsync(
            c => Following(c) is var s ? s with
            {
                Routes = new RouteTable(s.Routes.Routes.Select(r => r.Link is null ? r : r with { Link = r.Link with { Protection = new DepartureProtection { Sign = new DepartureSigning("domain") } } }), [c.HostName]),
                Budgets = s.Budgets with { ProtectionInMemory = 200_000 },
            }
            : c,
            protection);
        // In a file of the store.
        var sent = await SendAsync(harness, Asking(string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 1_000)) + "asks t1"));
        await FollowedAsync(harness, sent, a => a.AcceptedAt is not null);
        await SendReceiptAsync(harness, "t1 b@dest.test");
        await SettledAsync(harness, sent);
        // More than there is room for is not looked into.
        var looked = harness.Receipts!.Looked;
        await DoneAsync(harness, Asking(string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 3_000)) + "asks t2"));
        Assert.Equal(looked, harness.Receipts.Looked);
    }

    [Fact]
    public async Task A_receipt_from_another_security_domain_leads_to_no_message()
    {
        await using var harness = await StartAsync(c => Following(c) with
        {
            ListenerDomains = ImmutableDictionary<string, string>.Empty.Add("test", "home").Add("sea", "sea"),
        });
        var sent = await SendAsync(harness, Asking("t1"));
        await FollowedAsync(harness, sent, _ => true);
        var receipt = (await harness.SendAsync(Receipt("t1 b@dest.test"), from: "b@dest.test", to: ["a@origin.test"], change: e => e with { Origin = e.Origin with { Listener = "sea" } })).Id;
        await harness.WaitForAsync(receipt, m => m.State == MessageState.Done);
        Assert.Equal([(-1, "it is a receipt for nothing that is followed here")], await ToldAsync(harness, receipt));
        await SendReceiptAsync(harness, "t1 b@dest.test");
        await SettledAsync(harness, sent);
    }

    [Fact]
    public async Task Nothing_is_looked_into_that_is_not_signed_or_that_nobody_follows()
    {
        await using var harness = await StartAsync();
        await DoneAsync(harness, "Subject: plain\r\n\r\nasks t1\r\n");
        // A receipt is what says so, in no more octets than the store has in memory.
        var told = await SendAsync(harness, $"Content-Type: text/plain; name=signed-receipt\r\n\r\nt1 b@dest.test\r\n");
        var large = await SendAsync(harness, Receipt(string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 700)) + "t1 b@dest.test"));
        foreach (var id in new[] { told, large })
        {
            await harness.WaitForAsync(id, m => m.State == MessageState.Done);
            Assert.Empty(await ToldAsync(harness, id));
        }

        var looked = harness.Receipts!.Looked;
        var report = (await harness.SendAsync(Asking("t1"), from: "")).Id;
        await harness.WaitForAsync(report, m => m.State == MessageState.Done);
        Assert.Equal(looked, harness.Receipts.Looked);
        Assert.Null(await harness.Spool.ReadDocumentAsync(ReceiptAsked.Awaited, report.ToString()));

        await using var other = await StartAsync(c => Following(c, believes: false));
        var sent = await DoneAsync(other, Asking("t1"));
        await DoneAsync(other, Receipt("t1 b@dest.test"));
        Assert.Equal(0, other.Receipts!.Looked);
        Assert.Null(await other.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, sent.ToString()));
        Assert.Empty(await other.Spool.ListDocumentsAsync(ReceiptNames.Kind));
    }

    [Fact]
    public async Task What_leads_to_a_message_is_forgotten_when_the_message_is()
    {
        await using var harness = await StartAsync(c => Following(c) with { Retention = new Retention { Messages = TimeSpan.Zero } });
        var sent = await DoneAsync(harness, Asking("t1"));
        var sweeper = harness.Services<IHostedService>().OfType<TrackingSweeper>().Single();
        Assert.Single(await harness.Spool.ListDocumentsAsync(ReceiptNames.Kind));
        Assert.NotNull(await harness.Spool.ReadDocumentAsync(ReceiptAsked.Awaited, sent.ToString()));
        var later = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1);
        Assert.Equal(1, await harness.Spool.PruneAsync(later, later));
        Assert.Null(await harness.Spool.ReadDocumentAsync(ReceiptAsked.Awaited, sent.ToString()));
        await Eventually.ComesTrueAsync(
            async () =>
            {
                await sweeper.SweepAsync(default);
                return (await harness.Spool.ListDocumentsAsync(ReceiptNames.Kind)).Count is 0;
            },
            Patience, "its name is forgotten");
    }

    private static string Asking(string tag) => $"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\nMessage-ID: <{Guid.NewGuid():N}@origin.test>\r\n\r\n--b\r\n\r\nact now\r\n--b--\r\nasks {tag}\r\n";

    private static string Receipt(string words) => $"Content-Type: application/pkcs7-mime; smime-type=signed-receipt; name=smime.p7m\r\nSubject: Signed receipt\r\n\r\n{words}\r\n";

    private static Task<SwitchHarness> StartAsync(Func<SwitchConfiguration, SwitchConfiguration>? change = null, FakeProtection? protection = null) =>
        SwitchHarness.StartAsync((c, _) => (change ?? (s => Following(s)))(c), new FakeBoundary(), protection, new FakeReceipts());

    private static SwitchConfiguration Following(SwitchConfiguration c, bool believes = true) => c with
    {
        Routes = new RouteTable(
            c.Routes.Routes.Select(r => r.Link is null ? r : r with { Link = r.Link with { Follow = new RouteFollowing([], "duty@dest.test") { Receipts = believes ? ArrivalTrust.None : null } } }),
            [c.HostName]),
    };

    private static SwitchConfiguration Hurried(SwitchConfiguration c) => c with
    {
        Acknowledgments = new AcknowledgmentDeadlines
        {
            Levels = [.. AcknowledgmentDeadlines.Default.Levels.Select(_ => new AcknowledgmentDeadline(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300)))],
        },
    };

    private static async Task<MessageId> SendAsync(SwitchHarness harness, string text, params string[] to) => (await harness.SendAsync(text, to: to.Length is 0 ? null : to)).Id;

    private static async Task<MessageId> SendReceiptAsync(SwitchHarness harness, string words, string from = "b@dest.test") =>
        (await harness.SendAsync(Receipt(words), from: from, to: ["a@origin.test"])).Id;

    private static async Task<MessageId> DoneAsync(SwitchHarness harness, string text)
    {
        var sent = await SendAsync(harness, text);
        await harness.WaitForAsync(sent, m => m.State == MessageState.Done);
        return sent;
    }

    private static async Task<ImmutableArray<AwaitedAnswer>> ShownAsync(SwitchHarness harness, MessageId id) => (await harness.Operator.MessageAsync(id, default))!.Awaited;

    private static async Task<(int Recipient, string Detail)[]> ToldAsync(SwitchHarness harness, MessageId id) =>
        [.. (await harness.Spool.ReadAuditAsync(id)).Where(e => e.Kind is AuditKind.Verified).Select(e => (e.Recipient, e.Detail))];

    private static async Task<Acknowledgment> SettledAsync(SwitchHarness harness, MessageId id)
    {
        string? json = null;
        await Eventually.ComesTrueAsync(async () => (json = await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Settled, id.ToString())) is not null, Patience, $"{id} is settled");
        return Assert.Single(AcknowledgmentDocuments.Read(json!));
    }

    private static async Task<Acknowledgment> FollowedAsync(SwitchHarness harness, MessageId id, Func<Acknowledgment, bool> condition, int count = 1)
    {
        Acknowledgment? found = null;
        await Eventually.ComesTrueAsync(
            async () => await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, id.ToString()) is { } json && AcknowledgmentDocuments.Read(json) is [var first, ..] all && all.Length == count && condition(found = first),
            Patience, $"{id} is followed: {found}");
        return found!;
    }
}
