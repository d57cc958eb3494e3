using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Labelling;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Messages to mailing lists, over a real store and a real socket.</summary>
[Trait("Feature", "M-04")]
public sealed class MailingListTests
{
    private const string Text = "From: <a@origin.test>\r\nTo: watch@hq.test\r\nSubject: test\r\nMessage-ID: <1@origin.test>\r\n\r\nhello\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly Mailbox Owner = Mailbox.Parse("chief@hq.test");
    private static readonly MailingList Watch = ListOf("watch@hq.test", "m1@dest.test", "m2@dest.test", "m3@dest.test");

    [Fact]
    public async Task Every_member_gets_it_from_the_owner_and_the_sender_hears_that_the_list_has_it()
    {
        await using var harness = await StartAsync([Watch]);
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"], notify: NotifyOptions.Success, priority: MtPriority.From(Precedence.Flash), change: e => e with { EnvelopeId = "MINE" });

        var original = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal((RecipientState.Expanded, false), (Assert.Single(original.Recipients).State, original.HasContent));
        var copy = await ChildAsync(harness, sent.Id, m => !m.Envelope.ReversePath.IsNull && m.State == MessageState.Done);
        Assert.Equal((Owner, null, Precedence.Flash), (copy.Envelope.ReversePath.Mailbox, copy.Envelope.EnvelopeId, copy.Envelope.Precedence));
        Assert.Equal(["m1@dest.test", "m2@dest.test", "m3@dest.test"], copy.Envelope.Recipients.Select(r => r.Address.Text));
        var report = await ChildAsync(harness, sent.Id, m => m.Envelope.ReversePath.IsNull && m.State == MessageState.Done);
        var arrived = (await harness.Sink.WaitForAsync(2, Patience)).Select(t => Encoding.UTF8.GetString(t.Content.Span)).ToArray();
        Assert.Equal(Precedence.Flash, report.Envelope.Precedence);
        Assert.Contains(arrived, t => t.Contains("Final-Recipient: rfc822;watch@hq.test\r\nAction: delivered\r\n", StringComparison.Ordinal));
        var text = Assert.Single(arrived, t => t.EndsWith(Text, StringComparison.Ordinal));
        Assert.Contains("X-MilSwitch-Expanded: watch@hq.test\r\n", text, StringComparison.Ordinal);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Expanded && a.Detail.Contains($"{copy.Id}, 3 members", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Feature", "M-05")]
    public async Task Behind_a_group_the_originator_stays_the_one_who_hears()
    {
        await using var harness = await StartAsync([Watch with { Owner = null }]);
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"], notify: NotifyOptions.Success | NotifyOptions.Failure, change: e => e with { EnvelopeId = "MINE" });

        var copy = await ChildAsync(harness, sent.Id, m => !m.Envelope.ReversePath.IsNull && m.State == MessageState.Done);
        Assert.Equal(("a@origin.test", "MINE"), (copy.Envelope.ReversePath.Mailbox!.Text, copy.Envelope.EnvelopeId));
        Assert.All(copy.Envelope.Recipients, r => Assert.Equal(NotifyOptions.Failure, r.Notify));
        await ChildAsync(harness, sent.Id, m => m.Envelope.ReversePath.IsNull && m.State == MessageState.Done);
        Assert.Contains(await harness.Sink.WaitForAsync(2, Patience), t => Encoding.UTF8.GetString(t.Content.Span).Contains("Action: expanded\r\n", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Feature", "D-08")]
    public async Task Whom_the_originator_exempts_gets_nothing()
    {
        await using var harness = await StartAsync([Watch]);
        var sent = await harness.SendAsync("MMHS-Exempted-Address: M2@dest.test\r\n" + Text, to: ["watch@hq.test"]);

        Assert.Equal(["m1@dest.test", "m3@dest.test"], (await ChildAsync(harness, sent.Id, _ => true)).Envelope.Recipients.Select(r => r.Address.Text));
    }

    [Theory]
    [InlineData("MMHS-Exempted-Address: m2@\r\n", "MMHS-Exempted-Address")]
    [InlineData("MMHS-Message-Instructions: NO DISTRIBUTION\r\n", "NO DISTRIBUTION")]
    [InlineData("X-MilSwitch-Expanded: Watch@hq.test\r\n", "a loop")]
    public async Task What_may_not_be_distributed_waits_for_a_person(string field, string reason)
    {
        await using var harness = await StartAsync([Watch]);
        var sent = await harness.SendAsync(field + Text, to: ["watch@hq.test"]);

        Assert.Contains(reason, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task A_report_to_a_list_is_held()
    {
        await using var harness = await StartAsync([Watch]);
        var sent = await harness.SendAsync(Text, from: "", to: ["watch@hq.test"]);

        Assert.Contains("a report is not distributed", (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "M-06")]
    public async Task Who_may_not_write_to_it_is_told_so_and_nothing_else()
    {
        Assert.True(MailboxSet.TryRead(["boss@origin.test"], out var posters, out _));
        await using var harness = await StartAsync([Watch with { Posters = posters, Proof = ListProof.None }]);
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);

        await ChildAsync(harness, sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Returned, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);
        var told = Encoding.UTF8.GetString(Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Content.Span);
        Assert.Contains("Status: 5.7.2\r\n", told, StringComparison.Ordinal);
        Assert.DoesNotContain("m1@dest.test", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_believed_who_only_says_who_he_is()
    {
        Assert.True(MailboxSet.TryRead(["a@origin.test"], out var posters, out _));
        await using var harness = await StartAsync([Watch with { Posters = posters }]);
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);

        Assert.Equal(RecipientState.Returned, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Rejected && a.Detail.Contains("vouches", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Twenty_lists_that_have_each_other_as_members_come_to_an_end()
    {
        var names = Enumerable.Range(0, 20).Select(i => $"l{i}@hq.test").ToArray();
        await using var harness = await StartAsync([.. names.Select((n, i) => ListOf(n, [.. names, $"m{i}@dest.test", "all@dest.test"]))]);
        var sent = await harness.SendAsync(Text, to: ["l0@hq.test"]);

        await Eventually.ComesTrueAsync(() => Served().Length is 21, TimeSpan.FromSeconds(30), "every member is served");
        await Eventually.ComesTrueAsync(
            async () => (await harness.Spool.QueryAsync(new MessageQuery { PendingOnly = true, Limit = 100 }, default)).All(m => m.State == MessageState.Held), TimeSpan.FromSeconds(30), "nothing moves any more");
        Assert.Equal(Served().Distinct(), Served());
        Assert.Equal(RecipientState.Expanded, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);

        string[] Served() => [.. harness.Sink.Transactions.SelectMany(t => t.Recipients).Select(r => r.Split('<', '>')[1])];
    }

    [Fact]
    public async Task A_long_list_is_served_in_copies_and_goes_on_after_a_restart_without_doing_any_twice()
    {
        var protection = new FakeProtection();
        var long1 = ListOf("watch@hq.test", [.. Enumerable.Range(0, 450).Select(i => string.Create(CultureInfo.InvariantCulture, $"m{i:000}@dest.test"))]) with { Encrypt = new DepartureEncryption { Certificates = [], FindIn = "red" } };
        var first = true;
        await using var harness = await SwitchHarness.StartAsync(c => c with { Lists = new MailingListMap([long1]) }, protection: protection);
        protection.Departure = (text, members) =>
        {
            if (members.Any(m => m.LocalPart is "m250") && first) return new DepartureOutcome.Unavailable("the directory is away");
            return new DepartureOutcome.Protected(Encoding.UTF8.GetBytes($"X-For: {members.Length}\r\n" + text), []);
        };
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);
        await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts > 0);
        Assert.Equal("m199@dest.test", ExpansionDocuments.Read((await harness.Spool.ReadDocumentAsync(ExpansionDocuments.Kind, sent.Id.ToString()))!).After[0]);
        first = false;
        await harness.RestartAsync(c => c with { Lists = new MailingListMap([long1]) });

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        await Eventually.ComesTrueAsync(() => harness.Sink.Transactions.Sum(t => t.Recipients.Count) >= 450, TimeSpan.FromSeconds(20), "all are served");
        var served = harness.Sink.Transactions.SelectMany(t => t.Recipients).ToArray();
        Assert.Equal(450, served.Distinct().Count());
        Assert.Equal(450, served.Length);
        Assert.All(harness.Sink.Transactions, t => Assert.Contains($"X-For: {(t.Recipients.Count is 50 ? 50 : 100)}\r\n", Encoding.UTF8.GetString(t.Content.Span), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_can_not_be_encrypted_for_waits_alone_and_is_served_when_that_is_mended()
    {
        var protection = new FakeProtection();
        var known = false;
        protection.Departure = (text, members) => !known && members.IndexOf(Mailbox.Parse("m2@dest.test")) is >= 0 and var at
            ? new DepartureOutcome.Impossible("no certificate for m2@dest.test", [at])
            : new DepartureOutcome.Protected(Encoding.UTF8.GetBytes("X-Sealed: yes\r\n" + text), []);
        await using var harness = await SwitchHarness.StartAsync(
            c => c with { Lists = new MailingListMap([Watch with { Encrypt = new DepartureEncryption { Certificates = [], FindIn = "red" } }]) }, protection: protection);
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);

        var left = await ChildAsync(harness, sent.Id, m => m.State == MessageState.Held);
        Assert.Equal("watch@hq.test: no certificate for m2@dest.test", left.HeldBecause);
        Assert.Equal(["m1@dest.test", "m3@dest.test"], (await ChildAsync(harness, sent.Id, m => m.State == MessageState.Done)).Envelope.Recipients.Select(r => r.Address.Text));
        known = true;
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [left.Id], Reason = "it is there now" }, SwitchHarness.Somebody, default);

        var late = await ChildAsync(harness, left.Id, m => m.State == MessageState.Done);
        Assert.Equal(["m2@dest.test"], late.Envelope.Recipients.Select(r => r.Address.Text));
        Assert.True(late.Envelope.ArrivedAt > left.Envelope.ArrivedAt);
        Assert.All(await harness.Sink.WaitForAsync(2, Patience), t => Assert.Contains("X-Sealed: yes\r\n", Encoding.UTF8.GetString(t.Content.Span), StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_came_encrypted_is_not_sent_in_clear()
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(FakeBoundary.Good(text) with { Encryption = EncryptionState.Opened }) };
        await using var harness = await SwitchHarness.StartAsync((c, _) => c with { Lists = new MailingListMap([Watch with { Opening = new BoundaryOpening { Keys = ["list"] } }]) }, boundary);
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);

        Assert.Contains("the list does not encrypt", (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beside_a_list_others_get_theirs_as_ever()
    {
        await using var harness = await StartAsync([Watch]);
        var sent = await harness.SendAsync(Text, to: ["b@dest.test", "watch@hq.test"]);

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal([RecipientState.Delivered, RecipientState.Expanded], done.Recipients.Select(r => r.State));
    }

    [Fact]
    public async Task The_label_inside_of_an_encryption_counts_for_each_member()
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(Encrypted(text) with { Labels = [LabelStage.Signed(LabelStage.Label(LabelStage.Alfa, "SECRET"))] }) };
        await using var harness = await StartOpeningAsync(
            boundary, c => LabelStage.With(c, null, LabelStage.Link(s => s with { Clearance = LabelStage.UpTo(LabelStage.Alfa, "RESTRICTED") })) with { LabelCatalogue = new LabelCatalogueList(LabelStage.Authority, LabelStage.Alfa) });
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);

        var copy = await ChildAsync(harness, sent.Id, m => m.State == MessageState.Held);
        Assert.Equal(LabelStage.Stored(LabelStage.Label(LabelStage.Alfa, "SECRET")), copy.Envelope.Label);
        Assert.DoesNotContain(harness.Sink.Transactions, t => !t.Recipients.Any(r => r.Contains("chief@hq.test", StringComparison.Ordinal)));
    }

    [Theory]
    [Trait("Feature", "M-06")]
    [InlineData(true, LabelOutcome.Hold)]
    [InlineData(false, LabelOutcome.Hold)]
    [InlineData(true, LabelOutcome.Return)]
    [InlineData(false, LabelOutcome.Return)]
    public async Task Who_is_not_cleared_is_told_to_the_owner_and_the_operator_and_to_nobody_else(bool hasOwner, LabelOutcome denied)
    {
        await using var harness = await SwitchHarness.StartAsync(c => WithLink(c, denied) with { Lists = new MailingListMap([hasOwner ? Watch : Watch with { Owner = null }]) });
        var sent = await harness.SendAsync(LabelStage.Message(LabelStage.Label(LabelStage.Alfa, "SECRET")), to: ["watch@hq.test"]);

        var copy = await ChildAsync(harness, sent.Id, m => m.State == (hasOwner && denied is LabelOutcome.Return ? MessageState.Done : MessageState.Held));
        var withheld = Assert.Single(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Withheld);
        Assert.StartsWith("watch@hq.test: m1@dest.test, m2@dest.test, m3@dest.test: ", withheld.Detail, StringComparison.Ordinal);
        Assert.EndsWith($" ({copy.Id})", withheld.Detail, StringComparison.Ordinal);
        if (!hasOwner)
        {
            Assert.Empty(await harness.Spool.QueryAsync(new MessageQuery { Parent = copy.Id }, default));
            return;
        }

        var told = await ChildAsync(harness, copy.Id, m => m.Envelope.ReversePath.IsNull);
        Assert.Equal(Owner, Assert.Single(told.Envelope.Recipients).Address);
        var content = await harness.Spool.OpenContentAsync(told.Id);
        var text = content is { Inline: { } inline } ? Encoding.UTF8.GetString(inline.Span) : Encoding.UTF8.GetString(Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Content.Span);
        Assert.Contains(denied is LabelOutcome.Return ? "Action: failed\r\nStatus: 5.7.1\r\n" : "Action: delayed\r\nStatus: 4.7.1\r\n", text, StringComparison.Ordinal);
        Assert.Contains("m2@dest.test", text, StringComparison.Ordinal);
        Assert.Empty(await harness.Spool.QueryAsync(new MessageQuery { Parent = sent.Id, Recipient = "a@origin.test" }, default));
    }

    [Fact]
    public async Task Members_from_a_directory_are_those_of_the_moment_and_the_trail_says_which()
    {
        var directory = new FakeMembers();
        await using var harness = await StartAsync([Watch with { AsksDirectory = true, Members = [Mailbox.Parse("m1@dest.test")] }], directory);
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);
        await Eventually.ComesTrueAsync(async () => (await harness.Spool.ReadAuditAsync(sent.Id)).Any(a => a.Kind == AuditKind.Deferred), Patience, "it waits for the directory");
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Deferred && a.Detail == "watch@hq.test: who its members are is not known: away");
        Assert.Empty(await harness.Spool.QueryAsync(new MessageQuery { Parent = sent.Id }, default));

        directory.Answer = new ListMembersAnswer.Known([Mailbox.Parse("m7@dest.test"), Mailbox.Parse("m5@dest.test"), Mailbox.Parse("m1@dest.test")], 2, default);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var copy = await ChildAsync(harness, sent.Id, _ => true);
        Assert.Equal(["m1@dest.test", "m5@dest.test", "m7@dest.test"], copy.Envelope.Recipients.Select(r => r.Address.Text));
        var state = (await harness.Operator.ListAsync(Mailbox.Parse("watch@hq.test"), default))!;
        Assert.Equal(3, state.List.Members.Length);
        Assert.Contains(
            await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Expanded && a.Detail.EndsWith($", 3 members; version {state.List.Version}; 2 values of the directory are no addresses", StringComparison.Ordinal));

        directory.Answer = new ListMembersAnswer.Known([], 0, default);
        await harness.RestartAsync(c => c with { Lists = new MailingListMap([Watch with { AsksDirectory = true, Members = [] }]) });
        var empty = await harness.SendAsync(Text.Replace("<1@", "<2@", StringComparison.Ordinal), to: ["watch@hq.test"]);
        Assert.Equal("watch@hq.test: the directory names no members", (await harness.WaitForAsync(empty.Id, m => m.State == MessageState.Held)).HeldBecause);
    }

    [Theory]
    [InlineData(true, "it has different labels")]
    [InlineData(false, "nobody who is believed vouches for a label inside")]
    public async Task Labels_inside_that_differ_or_that_nobody_vouches_for_are_for_a_person(bool two, string reason)
    {
        var secret = LabelStage.Signed(LabelStage.Label(LabelStage.Alfa, "SECRET"), isBelieved: two);
        var boundary = new FakeBoundary
        {
            Opening = text => new OpeningOutcome.Read(Encrypted(text) with { Labels = two ? [secret, LabelStage.Signed(LabelStage.Label(LabelStage.Alfa, "RESTRICTED"))] : [secret] }),
        };
        await using var harness = await StartOpeningAsync(boundary, c => c with { LabelCatalogue = new LabelCatalogueList(LabelStage.Authority, LabelStage.Alfa) });
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);

        Assert.Equal("watch@hq.test: " + reason, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
    }

    [Theory]
    [InlineData("Subject: the real one\r\n", "its encryption hides subject, and the list's would show that")]
    [InlineData("this is no field\r\n", "its header can't be read to its end")]
    public async Task What_is_hidden_is_not_shown_and_what_can_not_be_read_is_not_obeyed_by_halves(string field, string reason)
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(Encrypted(field + text.Replace("Subject: test\r\n", "", StringComparison.Ordinal))) };
        await using var harness = await StartOpeningAsync(boundary);
        var sent = await harness.SendAsync(Text, to: ["watch@hq.test"]);

        Assert.Equal("watch@hq.test: " + reason, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
    }

    [Fact]
    [Trait("Threat", "C10")]
    public async Task The_same_signature_in_another_message_reaches_nobody_twice()
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(Encrypted(text) with { ReplayKey = new byte[] { 1, 2, 3 } }) };
        await using var harness = await StartOpeningAsync(boundary);
        await harness.SendAsync(Text, to: ["watch@hq.test"]);
        await harness.Sink.WaitForAsync(1, Patience);
        var again = await harness.SendAsync(Text.Replace("<1@", "<2@", StringComparison.Ordinal), from: "mallory@evil.test", to: ["watch@hq.test"]);

        var copy = await ChildAsync(harness, again.Id, m => m.State == MessageState.Done);
        Assert.All(copy.Recipients, r => Assert.Equal(RecipientState.Duplicate, r.State));
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Behind_a_list_a_boundary_still_knows_who_sent_it()
    {
        var watch = ListOf("watch@red.test", "m1@blue.test") with { Owner = Mailbox.Parse("chief@red.test"), Domain = "red" };
        var outward = CrossingTests.Outward with { Peers = [new BoundaryPeer("clients", [System.Net.IPNetwork.Parse("127.0.0.0/8")], [], false)] };
        await using var harness = await SwitchHarness.StartAsync((c, port) => CrossingTests.With(c, port, [outward]) with { Lists = new MailingListMap([watch]) }, new FakeBoundary());
        var sent = await harness.SendAsync("From: <a@red.test>\r\nSubject: test\r\n\r\nhello\r\n", from: "a@red.test", to: ["watch@red.test"]);

        Assert.Equal(RecipientState.Crossed, (await ChildAsync(harness, sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);
    }

    [Fact]
    public async Task A_member_in_another_domain_is_reached_through_the_boundary()
    {
        var watch = ListOf("watch@red.test", "m1@red.test", "m2@blue.test") with { Owner = Mailbox.Parse("chief@red.test"), Domain = "red" };
        await using var harness = await SwitchHarness.StartAsync((c, port) => CrossingTests.With(c, port, [CrossingTests.Outward]) with { Lists = new MailingListMap([watch]) }, new FakeBoundary());
        var sent = await harness.SendAsync("From: <a@red.test>\r\nSubject: test\r\n\r\nhello\r\n", from: "a@red.test", to: ["watch@red.test"]);

        var copy = await ChildAsync(harness, sent.Id, m => m.State == MessageState.Done);
        Assert.Equal([RecipientState.Delivered, RecipientState.Crossed], copy.Recipients.Select(r => r.State));
        Assert.Equal(("blue", RecipientState.Delivered), ((await ChildAsync(harness, copy.Id, m => m.State == MessageState.Done)).Envelope.Domain, (await ChildAsync(harness, copy.Id, m => m.State == MessageState.Done)).Recipients[0].State));
    }

    private static OpenedMessage Encrypted(string text) => FakeBoundary.Good(text) with { Encryption = EncryptionState.Opened };

    private static Task<SwitchHarness> StartOpeningAsync(FakeBoundary boundary, Func<SwitchConfiguration, SwitchConfiguration>? change = null)
    {
        var list = Watch with { Opening = new BoundaryOpening { Keys = ["list"] }, Encrypt = new DepartureEncryption { Certificates = [], FindIn = "red" } };
        return SwitchHarness.StartAsync((c, _) => (change?.Invoke(c) ?? c) with { Lists = new MailingListMap([list]) }, boundary, new FakeProtection());
    }

    private static MailingList ListOf(string address, params string[] members) => new() { Address = Mailbox.Parse(address), Members = [.. members.Select(Mailbox.Parse)], Owner = Owner };

    private static Task<SwitchHarness> StartAsync(ImmutableArray<MailingList> lists, IListMembers? members = null) => SwitchHarness.StartAsync(c => c with { Lists = new MailingListMap(lists) }, members: members);

    private static SwitchConfiguration WithLink(SwitchConfiguration c, LabelOutcome denied) => LabelStage.With(
        c, LabelStage.Listener(), LabelStage.Link(s => s with { Clearance = LabelStage.UpTo(LabelStage.Alfa, "RESTRICTED"), Denied = denied, Unlabelled = LabelOutcome.Go }));

    private sealed class FakeMembers : IListMembers
    {
        public ListMembersAnswer Answer { get; set; } = new ListMembersAnswer.Unavailable("away");

        public ValueTask<ListMembersAnswer> OfAsync(MailingList list, CancellationToken cancellationToken) => ValueTask.FromResult(Answer);
    }

    private static async Task<StoredMessage> ChildAsync(SwitchHarness harness, MessageId parent, Func<StoredMessage, bool> condition)
    {
        StoredMessage? found = null;
        await Eventually.ComesTrueAsync(
            async () => (found = (await harness.Spool.QueryAsync(new MessageQuery { Parent = parent }, default)).FirstOrDefault(condition)) is not null, Patience, $"something comes of {parent}");
        return found!;
    }
}
