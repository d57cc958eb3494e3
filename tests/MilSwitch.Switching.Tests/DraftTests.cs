using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Releases;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Draft and release (RFC 7912) over a real store and a real socket.</summary>
[Trait("Feature", "I-01")]
public sealed class DraftTests
{
    private const string Text = "From: <a@hq.test>\r\nTo: <b@dest.test>\r\nSubject: test\r\nMessage-ID: <1@hq.test>\r\n\r\nhello\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly Mailbox Desk = Mailbox.Parse("desk@hq.test");
    private static readonly ReleaseAuthority Chief = new(Mailbox.Parse("chief@hq.test")) { Accounts = ["anna"] };
    private static readonly ReleaseAuthority Deputy = new(Mailbox.Parse("deputy@hq.test")) { Accounts = ["ben"] };
    private static readonly DraftRule Rule = new() { Name = "out", Listeners = ["test"], Authorities = [Chief, Deputy] };

    [Fact]
    [Trait("Feature", "I-11")]
    public async Task Nobody_gets_a_draft_before_it_is_released_and_those_who_may_are_asked()
    {
        await using var harness = await StartAsync(Rule);
        var sent = await harness.SendAsync(Text, from: "a@hq.test", priority: MtPriority.From(Precedence.Flash), change: e => e with { EnvelopeId = "MINE" });

        var draft = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Equal("it waits for its release (out, 0 of 1) by chief@hq.test, deputy@hq.test", draft.HeldBecause);
        var asked = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        Assert.Equal(["<chief@hq.test>", "<deputy@hq.test>"], asked.Recipients.Select(r => r[r.IndexOf('<', StringComparison.Ordinal)..(r.IndexOf('>', StringComparison.Ordinal) + 1)]));
        var request = Encoding.UTF8.GetString(asked.Content.Span);
        Assert.Contains($"Subject: For release: {sent.Id}\r\n", request, StringComparison.Ordinal);
        Assert.Contains("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + Text, request, StringComparison.Ordinal);

        var held = await harness.Operator.HeldAsync(sent.Id, default);
        Assert.Equal((DigestOf(Text), "out", 1), (held!.Draft!.Digest, held.DraftRule!.Name, held.DraftRule.Required));
        Assert.Equal(HoldingOutcome.Conflict, (await AuthoriseAsync(harness, sent.Id, "eve")).Outcome);
        Assert.Equal(HoldingOutcome.Conflict, (await AuthoriseAsync(harness, sent.Id, "anna", new string('0', 64))).Outcome);
        var result = await AuthoriseAsync(harness, sent.Id, "anna", DigestOf(Text));

        Assert.Equal((HoldingOutcome.Done, "released"), (result.Outcome, result.Text));
        var released = await harness.WaitForAsync(result.Made!.Value, m => m.State == MessageState.Done);
        Assert.Equal((sent.Id, Precedence.Flash, "release:out", "MINE"), (released.Parent, released.Envelope.Precedence, released.Envelope.Origin.Listener, released.Envelope.EnvelopeId));
        Assert.Equal(RecipientState.Crossed, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);
        var text = Content((await harness.Sink.WaitForAsync(2, Patience))[1]);
        Assert.Contains("MMHS-Authorizing-Users: chief@hq.test\r\n", text, StringComparison.Ordinal);
        Assert.Contains("MMHS-Extended-Authorisation-Info: ", text, StringComparison.Ordinal);
        Assert.EndsWith(Text, text, StringComparison.Ordinal);
        var trail = await harness.Spool.ReadAuditAsync(sent.Id);
        Assert.Contains(trail, a => a.Kind == AuditKind.Drafted && a.Detail.Contains("0 of 1", StringComparison.Ordinal));
        Assert.Contains(trail, a => a is { Kind: AuditKind.Authorised, Actor: "anna" } && a.Detail.StartsWith("out: chief@hq.test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_clock_of_a_release_stands_in_the_place_of_the_one_that_was_there()
    {
        await using var harness = await StartAsync(Rule);
        var sent = await harness.SendAsync("MMHS-Extended-Authorisation-Info: Mon, 1 Jan 2024 00:00:00 +0000\r\n" + Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        var before = TimeProvider.System.GetUtcNow().AddSeconds(-2);
        var released = await AuthoriseAsync(harness, sent.Id, "anna");

        var text = await ArrivedAsync(harness, t => !t.Contains("For release", StringComparison.Ordinal));
        var field = Assert.Single(text.Split("\r\n"), l => l.StartsWith("MMHS-Extended-Authorisation-Info: ", StringComparison.Ordinal));
        Assert.True(DateTimeOffset.Parse(field[34..], CultureInfo.InvariantCulture) >= before, field);
        Assert.NotNull(released.Made);
    }

    [Fact]
    [Trait("Feature", "I-04")]
    public async Task In_order_and_all_of_them_when_the_rule_says_so()
    {
        await using var harness = await StartAsync(Rule with { Required = 2, IsOrdered = true });
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Equal(["chief@hq.test"], Whom((await harness.Sink.WaitForAsync(1, Patience))[0]));

        Assert.Equal("chief@hq.test has to release it first", (await AuthoriseAsync(harness, sent.Id, "ben")).Text);
        Assert.Equal(HoldingOutcome.ApprovalNeeded, (await AuthoriseAsync(harness, sent.Id, "anna")).Outcome);
        Assert.Equal(["deputy@hq.test"], Whom((await harness.Sink.WaitForAsync(2, Patience))[1]));
        await harness.RestartAsync(c => With(c, Rule with { Required = 2, IsOrdered = true }));
        Assert.Equal("chief@hq.test has released it already", (await AuthoriseAsync(harness, sent.Id, "anna")).Text);
        Assert.Equal(HoldingOutcome.Done, (await AuthoriseAsync(harness, sent.Id, "ben")).Outcome);

        Assert.Contains("MMHS-Authorizing-Users: chief@hq.test, deputy@hq.test\r\n", Content((await harness.Sink.WaitForAsync(3, Patience))[2]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_who_lets_it_go_releases_nothing_and_asks_nobody_again()
    {
        await using var harness = await StartAsync(Rule with { Required = 2 });
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Equal(HoldingOutcome.ApprovalNeeded, (await AuthoriseAsync(harness, sent.Id, "anna")).Outcome);
        var act = await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "let it go" }, SwitchHarness.Somebody, default);
        Assert.True(Assert.Single(act.Outcomes).Done, act.Outcomes[0].Text);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held && m.HeldBecause!.Contains("1 of 2", StringComparison.Ordinal));
        Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        Assert.Equal(HoldingOutcome.Done, (await AuthoriseAsync(harness, sent.Id, "ben")).Outcome);
    }

    [Fact]
    [Trait("Feature", "I-09")]
    public async Task Who_may_release_may_send_it_back_with_a_note()
    {
        await using var harness = await StartAsync(Rule);
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);

        Assert.Equal(HoldingOutcome.Conflict, (await RejectAsync(harness, sent.Id, "eve")).Outcome);
        Assert.Equal(HoldingOutcome.Done, (await RejectAsync(harness, sent.Id, "ben")).Outcome);
        Assert.Contains("check the grid", await ArrivedAsync(harness, t => t.Contains("Action: failed", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(RecipientState.Returned, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);
        Assert.Equal(HoldingOutcome.Conflict, (await AuthoriseAsync(harness, sent.Id, "anna")).Outcome);
    }

    [Fact]
    [Trait("Feature", "I-02")]
    public async Task What_shows_by_its_signature_that_it_is_released_goes_on_as_it_came()
    {
        await using var harness = await StartAsync(Signing(Chief), Rule);
        const string Released = "MMHS-Authorizing-Users: chief@hq.test\r\n" + Text;
        var sent = await harness.SendAsync(Released, from: "chief@hq.test");

        Assert.EndsWith(Released, Content(Assert.Single(await harness.Sink.WaitForAsync(1, Patience))), StringComparison.Ordinal);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Authorised && a.Detail.Contains("released by chief@hq.test, as the message shows", StringComparison.Ordinal));
        // Sent again by whomever, it reaches nobody a second time.
        var again = await harness.SendAsync(Released.Replace("<1@", "<2@", StringComparison.Ordinal), from: "eve@hq.test");
        await harness.WaitForAsync(again.Id, m => m.State == MessageState.Done);
        var copy = await ChildAsync(harness, again.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Duplicate, copy.Recipients[0].State);
    }

    [Theory]
    [InlineData("MMHS-Authorizing-Users: boss@hq.test\r\n", "boss@hq.test in MMHS-Authorizing-Users may not release it")]
    [InlineData("MMHS-Authorizing-Users: deputy@hq.test\r\n", "no good signature of deputy@hq.test, whom MMHS-Authorizing-Users names")]
    [InlineData("MMHS-Authorizing-Users: chief@hq.test, chief@hq.test\r\n", "MMHS-Authorizing-Users names chief@hq.test twice")]
    [InlineData("MMHS-Authorizing-Users: chief@hq.test\r\nMMHS-Authorizing-Users: chief@hq.test\r\n", "MMHS-Authorizing-Users")]
    [InlineData("MMHS-Authorizing-Users: chief@\r\n", "MMHS-Authorizing-Users")]
    public async Task Who_says_that_it_is_released_and_can_not_show_it_gets_it_back(string field, string reason)
    {
        await using var harness = await StartAsync(Signing(Chief), Rule);
        var sent = await harness.SendAsync(field + Text, from: "a@hq.test");

        Assert.Equal(RecipientState.Returned, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);
        Assert.Contains(reason, await ArrivedAsync(harness, t => t.Contains("Status: 5.7.1", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    [Trait("Threat", "C10")]
    public async Task What_was_released_for_some_goes_to_no_others()
    {
        var boundary = Signing(Chief, o => o with { ProtectedRecipients = ["b@dest.test"] });
        await using var harness = await StartAsync(boundary, Rule);
        var sent = await harness.SendAsync("MMHS-Authorizing-Users: chief@hq.test\r\n" + Text, from: "eve@hq.test", to: ["b@dest.test", "c@dest.test"]);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Rejected && a.Detail.Contains("it was not released for c@dest.test", StringComparison.Ordinal));
    }

    [Theory]
    [Trait("Feature", "I-03")]
    [InlineData(UnreleasedAction.Return, MessageState.Done)]
    [InlineData(UnreleasedAction.Hold, MessageState.Held)]
    public async Task At_a_border_nothing_passes_that_is_not_released(UnreleasedAction otherwise, MessageState state)
    {
        await using var harness = await StartAsync(Signing(Deputy), Rule with { Otherwise = otherwise });
        var sent = await harness.SendAsync(Text, from: "a@hq.test");

        await harness.WaitForAsync(sent.Id, m => m.State == state);
        Assert.DoesNotContain(harness.Sink.Transactions, t => Whom(t).Contains("b@dest.test"));
        var released = await harness.SendAsync("MMHS-Authorizing-Users: deputy@hq.test\r\n" + Text.Replace("<1@", "<2@", StringComparison.Ordinal), from: "a@hq.test");
        await ChildAsync(harness, released.Id, m => m.Recipients[0].State is RecipientState.Delivered);
    }

    [Fact]
    [Trait("Threat", "F41")]
    public async Task The_word_of_an_author_does_not_count_where_another_is_needed()
    {
        var boundary = Signing(Chief);
        await using var harness = await StartAsync(boundary, Rule with { OthersOnly = true });
        var own = await harness.SendAsync(("MMHS-Authorizing-Users: chief@hq.test\r\n" + Text).Replace("<a@hq.test>", "<chief@hq.test>", StringComparison.Ordinal), from: "chief@hq.test");

        Assert.Contains("0 of 1: chief@hq.test) by deputy@hq.test", (await harness.WaitForAsync(own.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
        Assert.Equal("chief@hq.test has released it already", (await AuthoriseAsync(harness, own.Id, "anna")).Text);
        boundary.Opening = text => new OpeningOutcome.Read(FakeBoundary.Good(text) with { Signature = SignatureFacts.None });
        var draft = await harness.SendAsync(Text.Replace("<a@hq.test>", "<chief@hq.test>", StringComparison.Ordinal).Replace("<1@", "<2@", StringComparison.Ordinal), from: "chief@hq.test");
        await harness.WaitForAsync(draft.Id, m => m.State == MessageState.Held);
        Assert.Equal("chief@hq.test wrote it: another has to release it", (await AuthoriseAsync(harness, draft.Id, "anna")).Text);
        var nobody = await harness.SendAsync(Text.Replace("<a@hq.test>", "<a@hq.test> (b@hq.test)", StringComparison.Ordinal).Replace("<1@", "<3@", StringComparison.Ordinal), from: "a@hq.test");
        Assert.Equal(RecipientState.Returned, (await harness.WaitForAsync(nobody.Id, m => m.State == MessageState.Done)).Recipients[0].State);
        Assert.Equal(HoldingOutcome.Done, (await AuthoriseAsync(harness, draft.Id, "ben")).Outcome);
    }

    [Fact]
    public async Task Those_who_release_for_each_other_come_to_an_end()
    {
        Assert.True(MailboxSet.TryRead(["chief@hq.test"], out var chief, out _) & MailboxSet.TryRead(["deputy@hq.test"], out var deputy, out _));
        await using var harness = await StartAsync(Rule with { Name = "of-chief", Drafters = chief, Authorities = [Deputy] }, Rule with { Name = "of-deputy", Drafters = deputy, Authorities = [Chief] });
        var sent = await harness.SendAsync(Text.Replace("<a@hq.test>", "<chief@hq.test>", StringComparison.Ordinal), from: "chief@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);

        Assert.Equal(HoldingOutcome.Done, (await AuthoriseAsync(harness, sent.Id, "ben")).Outcome);
        Assert.Equal(["deputy@hq.test", "b@dest.test"], (await harness.Sink.WaitForAsync(2, Patience)).SelectMany(Whom));
        Assert.Empty(await harness.Operator.HeldAsync(null, 10, default));
    }

    [Fact]
    public async Task Who_may_release_gets_mail_that_nobody_released()
    {
        await using var harness = await StartAsync(Rule);
        var sent = await harness.SendAsync(Text, from: "a@hq.test", to: ["chief@hq.test"]);

        Assert.Equal(RecipientState.Delivered, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);
    }

    [Fact]
    public async Task What_no_rule_is_about_goes_as_ever()
    {
        Assert.True(MailboxSet.TryRead(["*@far.test"], out var far, out _));
        await using var harness = await StartAsync(
            new DraftRule { Name = "free", Listeners = ["test"], Levels = [Precedence.Deferred] }, Rule with { Recipients = far, Types = [0] }, Rule with { Name = "types", Recipients = far });
        Assert.Equal(RecipientState.Delivered, (await DoneAsync("b@dest.test", "")).Recipients[0].State);
        Assert.Equal(RecipientState.Delivered, (await DoneAsync("b@far.test", "MT-Priority: -6\r\n", MtPriority.From(Precedence.Deferred))).Recipients[0].State);
        var exercise = await harness.SendAsync("MMHS-Message-Type: exercise\r\n" + Text, from: "a@hq.test", to: ["b@far.test"]);
        Assert.Contains("(out, 0 of 1)", (await harness.WaitForAsync(exercise.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
        var unreadable = await harness.SendAsync("MMHS-Message-Type: 999\r\n" + Text, from: "a@hq.test", to: ["b@far.test"]);
        Assert.Contains("(out, 0 of 1)", (await harness.WaitForAsync(unreadable.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
        var other = await harness.SendAsync(Text, from: "a@hq.test", to: ["b@far.test"]);
        Assert.Contains("(types, 0 of 1)", (await harness.WaitForAsync(other.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);

        async Task<StoredMessage> DoneAsync(string to, string field, MtPriority? priority = null)
        {
            var sent = await harness.SendAsync(field + Text, from: "a@hq.test", to: [to], priority: priority);
            return await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        }
    }

    [Theory]
    [Trait("Threat", "F41")]
    [InlineData("b@hq.test", "a@hq.test", "a@hq.test", true)]
    [InlineData("b@hq.test,b@far.test", "a@hq.test", "a@hq.test", false)]
    [InlineData("b@far.test,b@hq.test", "a@hq.test", "a@hq.test", false)]
    [InlineData("b@hq.test", "a@hq.test", "eve@other.test", false)]
    [InlineData("b@hq.test", "eve@other.test", "a@hq.test", false)]
    [InlineData("b@hq.test", "a@hq.test", "a@hq.test>, <eve@other.test", false)]
    public async Task A_rule_that_frees_is_certain_of_everybody(string to, string from, string author, bool isFree)
    {
        Assert.True(MailboxSet.TryRead(["*@hq.test"], out var own, out _));
        await using var harness = await StartAsync(new DraftRule { Name = "free", Listeners = ["test"], Drafters = own, Recipients = own }, Rule with { Authorities = [new ReleaseAuthority(Mailbox.Parse("chief@boss.test")) { Accounts = ["anna"] }] });
        var sent = await harness.SendAsync(Text.Replace("<a@hq.test>", $"<{author}>", StringComparison.Ordinal), from: from, to: to.Split(','));

        if (isFree) await ChildAsync(harness, sent.Id, m => m.Recipients[0].State is RecipientState.Delivered);
        else
        {
            Assert.All((await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).Recipients, r => Assert.Equal(RecipientState.Held, r.State));
            Assert.DoesNotContain(await harness.Sink.WaitForAsync(1, Patience), t => Whom(t).Any(to.Contains));
        }
    }

    [Theory]
    [InlineData("MMHS-Message-Type: drill\r\n", true)]
    [InlineData("MMHS-Message-Type: 999\r\n", false)]
    [InlineData("", false)]
    public async Task What_can_not_be_read_is_not_free(string field, bool isFree)
    {
        await using var harness = await StartAsync(new DraftRule { Name = "free", Listeners = ["test"], Types = [3] }, Rule);
        var sent = await harness.SendAsync(field + Text, from: "a@hq.test");

        if (isFree) await ChildAsync(harness, sent.Id, m => m.Recipients[0].State is RecipientState.Delivered);
        else await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
    }

    [Fact]
    [Trait("Threat", "F41")]
    public async Task The_easier_of_two_rules_releases_nothing_for_the_others_recipients()
    {
        Assert.True(MailboxSet.TryRead(["*@dest.test"], out var near, out _));
        await using var harness = await StartAsync(Rule with { Name = "near", Recipients = near, Authorities = [Deputy] }, Rule with { Name = "far", Required = 2 });
        var both = await harness.SendAsync(Text, from: "a@hq.test", to: ["b@dest.test", "b@far.test"]);

        Assert.All((await harness.WaitForAsync(both.Id, m => m.State == MessageState.Done)).Recipients, r => Assert.Equal(RecipientState.Returned, r.State));
        await ArrivedAsync(harness, t => t.Contains("different rules of release (near, far): send it to them apart", StringComparison.Ordinal));
        var one = await harness.SendAsync(Text.Replace("<1@", "<2@", StringComparison.Ordinal), from: "a@hq.test", to: ["b@dest.test", "deputy@hq.test"]);
        Assert.Contains("(near, 0 of 1)", (await harness.WaitForAsync(one.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_answer_releases_and_the_same_answer_again_changes_nothing()
    {
        var boundary = Signing(Chief);
        await using var harness = await StartAsync(boundary, Rule with { Required = 2 });
        boundary.Opening = text => new OpeningOutcome.Read(text.Contains("From: <chief@hq.test>", StringComparison.Ordinal) ? Signed(text, Chief.Address) : FakeBoundary.Good(text) with { Signature = SignatureFacts.None });
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        var answer = await harness.SendAsync(Answer("RELEASE seen", sent.Id), from: "chief@hq.test", to: ["desk@hq.test"], notify: NotifyOptions.Success);

        await harness.WaitForAsync(sent.Id, m => m.HeldBecause?.Contains("1 of 2: chief@hq.test", StringComparison.Ordinal) is true);
        Assert.Equal(RecipientState.Delivered, (await harness.WaitForAsync(answer.Id, m => m.State == MessageState.Done)).Recipients[0].State);
        var again = await harness.SendAsync(Answer("RELEASE seen", sent.Id), from: "chief@hq.test", to: ["desk@hq.test"]);
        Assert.Equal(RecipientState.Returned, (await harness.WaitForAsync(again.Id, m => m.State == MessageState.Done)).Recipients[0].State);
        await ArrivedAsync(harness, t => t.Contains("chief@hq.test has released it already", StringComparison.Ordinal));
        Assert.Equal(HoldingOutcome.Done, (await AuthoriseAsync(harness, sent.Id, "ben")).Outcome);
        var word = ReleaseDocuments.Read((await harness.Spool.ReadDocumentAsync(ReleaseDocuments.Kind, sent.Id.ToString()))!).Given[0];
        Assert.Equal(("chief@hq.test", answer.Id.ToString(), "seen"), (word.Address, word.Evidence, word.Reason));
    }

    [Fact]
    public async Task A_signed_answer_rejects_with_its_words()
    {
        var boundary = Signing(Chief);
        await using var harness = await StartAsync(boundary, Rule);
        boundary.Opening = text => new OpeningOutcome.Read(text.Contains("From: <chief@hq.test>", StringComparison.Ordinal) ? Signed(text, Chief.Address) : FakeBoundary.Good(text) with { Signature = SignatureFacts.None });
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        await harness.SendAsync(Answer("REJECT: the grid is wrong", sent.Id), from: "chief@hq.test", to: ["desk@hq.test"]);

        Assert.Contains("the grid is wrong", await ArrivedAsync(harness, t => t.Contains("Action: failed", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(RecipientState.Returned, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients[0].State);
    }

    [Theory]
    [InlineData("RELEASE", true, false, "it is not signed well")]
    [InlineData("RELEASE", false, true, "of another content")]
    [InlineData("I think RELEASE is fine", false, false, "it does not begin with RELEASE or REJECT")]
    public async Task An_answer_that_can_not_be_believed_goes_back_and_changes_nothing(string word, bool unsigned, bool other, string reason)
    {
        var boundary = Signing(Chief);
        await using var harness = await StartAsync(boundary, Rule);
        boundary.Opening = text => new OpeningOutcome.Read(!unsigned && text.Contains("From: <chief@hq.test>", StringComparison.Ordinal) ? Signed(text, Chief.Address) : FakeBoundary.Good(text) with { Signature = SignatureFacts.None });
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        await harness.SendAsync(Answer(word, sent.Id, other ? "another" : Text), from: "chief@hq.test", to: ["desk@hq.test"]);

        await ArrivedAsync(harness, t => t.Contains(other ? "about another content" : reason, StringComparison.Ordinal));
        Assert.Contains("0 of 1", (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_signs_an_answer_and_may_not_release_is_told_so()
    {
        var eve = Mailbox.Parse("eve@hq.test");
        var boundary = Signing(Chief);
        await using var harness = await StartAsync(boundary, Rule);
        boundary.Opening = text => new OpeningOutcome.Read(Signed(text, eve));
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        await harness.SendAsync(Answer("RELEASE", sent.Id).Replace("<chief@", "<eve@", StringComparison.Ordinal), from: "eve@hq.test", to: ["desk@hq.test"]);

        await ArrivedAsync(harness, t => t.Contains("eve@hq.test may not release it", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Feature", "I-07")]
    public async Task An_encrypted_draft_is_encrypted_for_those_who_review_it_and_leaves_as_it_came()
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(FakeBoundary.Good(text) with { Encryption = EncryptionState.Opened, Signature = SignatureFacts.None }) };
        var protection = new FakeProtection { Departure = (text, whom) => new DepartureOutcome.Protected(Encoding.UTF8.GetBytes($"X-Sealed-For: {string.Join(' ', whom.Select(w => w.Text))}\r\n" + text), []) };
        await using var harness = await SwitchHarness.StartAsync(
            (c, _) => With(c, [Rule], s => s with { Opening = new BoundaryOpening { Keys = ["desk"] }, Encrypt = new DepartureEncryption { Certificates = [], FindIn = "hq" } }), boundary, protection);
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);

        Assert.Contains("X-Sealed-For: chief@hq.test deputy@hq.test\r\n", Content((await harness.Sink.WaitForAsync(1, Patience))[0]), StringComparison.Ordinal);
        Assert.Equal(HoldingOutcome.Done, (await AuthoriseAsync(harness, sent.Id, "anna")).Outcome);
        Assert.DoesNotContain("X-Sealed-For", Content((await harness.Sink.WaitForAsync(2, Patience))[1]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_could_review_goes_back()
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(FakeBoundary.Good(text) with { Encryption = EncryptionState.ForOthers, Signature = SignatureFacts.None }) };
        await using var harness = await SwitchHarness.StartAsync((c, _) => With(c, [Rule], s => s with { Opening = new BoundaryOpening { Keys = ["desk"] } }), boundary, new FakeProtection());
        await harness.SendAsync(Text, from: "a@hq.test");

        await ArrivedAsync(harness, t => t.Contains("those who release can't read it", StringComparison.Ordinal));
    }

    [Theory]
    [Trait("Feature", "I-05")]
    [InlineData("desk@hq.test", true)]
    [InlineData("someone@hq.test", false)]
    public async Task The_desk_signs_for_the_group_and_looks_whether_its_signature_is_the_one_that_the_header_names(string certified, bool good)
    {
        var boundary = new FakeBoundary
        {
            Opening = text => new OpeningOutcome.Read(text.Contains("X-Signed: desk", StringComparison.Ordinal) ? Signed(text, Mailbox.Parse(certified)) : FakeBoundary.Good(text) with { Signature = SignatureFacts.None }),
        };
        var protection = new FakeProtection { Departure = (text, _) => new DepartureOutcome.Protected(Encoding.UTF8.GetBytes("X-Signed: desk\r\n" + text), []) };
        await using var harness = await SwitchHarness.StartAsync((c, _) => With(c, [Rule], s => s with { Opening = new BoundaryOpening(), Sign = new DepartureSigning("desk") { SignatureType = "review" }, ShownAs = Desk }), boundary, protection);
        var sent = await harness.SendAsync(Text, from: "a@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        var result = await AuthoriseAsync(harness, sent.Id, "anna");

        Assert.Equal(good ? HoldingOutcome.Done : HoldingOutcome.Refused, result.Outcome);
        if (!good)
        {
            Assert.Contains("bear no signature of that address", result.Text, StringComparison.Ordinal);
            return;
        }

        var text = Content((await harness.Sink.WaitForAsync(2, Patience))[1]);
        Assert.Contains("X-Signed: desk\r\n", text, StringComparison.Ordinal);
        Assert.Contains("MMHS-Authorizing-Users: desk@hq.test\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("chief@hq.test", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_draft_to_a_list_is_distributed_once_it_is_released()
    {
        await using var harness = await SwitchHarness.StartAsync(c => With(c, Rule) with
        {
            Lists = new MailingListMap([new MailingList { Address = Mailbox.Parse("watch@hq.test"), Members = [Mailbox.Parse("m1@dest.test")], Owner = Chief.Address }]),
        });
        var sent = await harness.SendAsync(Text, from: "a@hq.test", to: ["watch@hq.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Equal(HoldingOutcome.Done, (await AuthoriseAsync(harness, sent.Id, "anna")).Outcome);

        await ArrivedAsync(harness, t => t.Contains("X-MilSwitch-Expanded: watch@hq.test", StringComparison.Ordinal));
        Assert.Equal(["m1@dest.test"], harness.Sink.Transactions.Select(Whom).Last());
    }

    private static string Answer(string word, MessageId draft, string content = Text)
    {
        var digest = DigestOf(content);
        return $"From: <chief@hq.test>\r\nTo: <desk@hq.test>\r\nSubject: Re: For release\r\nMessage-ID: <{Guid.NewGuid()}@hq.test>\r\n\r\n{word}\r\n\r\n> Draft: {draft}\r\n> Digest: {digest[..32]}\r\n> Digest: {digest[32..]}\r\n";
    }

    private static string DigestOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static OpenedMessage Signed(string text, Mailbox by) => FakeBoundary.Good(text) with
    {
        Signature = new SignatureFacts(SignatureState.Good, "", SignerRole.Review, [$"review {by.Text}"]) { Addresses = [by.Text] }, ReplayKey = new byte[] { 1, 2, 3 },
    };

    private static FakeBoundary Signing(ReleaseAuthority by, Func<OpenedMessage, OpenedMessage>? change = null) => new() { Opening = text => new OpeningOutcome.Read((change ?? (o => o))(Signed(text, by.Address))) };

    private static SwitchConfiguration With(SwitchConfiguration c, params ImmutableArray<DraftRule> rules) => With(c, rules, s => s);

    private static SwitchConfiguration With(SwitchConfiguration c, ImmutableArray<DraftRule> rules, Func<ReleaseSettings, ReleaseSettings> change) => c with { Releases = change(new ReleaseSettings { Rules = rules, Desk = Desk }) };

    private static Task<SwitchHarness> StartAsync(params ImmutableArray<DraftRule> rules) => SwitchHarness.StartAsync(c => With(c, rules));

    private static Task<SwitchHarness> StartAsync(FakeBoundary boundary, params ImmutableArray<DraftRule> rules) =>
        SwitchHarness.StartAsync((c, _) => With(c, rules, s => s with { Opening = new BoundaryOpening() }), boundary);

    private static async Task<HoldingResult> AuthoriseAsync(SwitchHarness harness, MessageId id, string who, string? digest = null) =>
        await harness.Operator.DecideAsync(id, new HoldingOrder.Authorise(null, false, digest, "", "seen"), new OperatorIdentity(who, "test") { Roles = OperatorRoles.All }, default);

    private static async Task<HoldingResult> RejectAsync(SwitchHarness harness, MessageId id, string who) =>
        await harness.Operator.DecideAsync(id, new HoldingOrder.RejectDraft(null, false, null, "", "check the grid", "wrong"), new OperatorIdentity(who, "test") { Roles = OperatorRoles.All }, default);

    private static string Content(SinkTransaction transaction) => Encoding.UTF8.GetString(transaction.Content.Span);

    private static string[] Whom(SinkTransaction transaction) => [.. transaction.Recipients.Select(r => r.Split('<', '>')[1])];

    private static async Task<string> ArrivedAsync(SwitchHarness harness, Func<string, bool> which)
    {
        string? found = null;
        await Eventually.ComesTrueAsync(() => (found = harness.Sink.Transactions.Select(t => Unfolded(Content(t))).FirstOrDefault(which)) is not null, Patience, "it arrives");
        return found!;
    }

    // Reports break their lines where they like.
    private static string Unfolded(string text) => text.Replace("\r\n ", " ", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal);

    private static async Task<StoredMessage> ChildAsync(SwitchHarness harness, MessageId parent, Func<StoredMessage, bool> condition)
    {
        StoredMessage? found = null;
        await Eventually.ComesTrueAsync(
            async () => (found = (await harness.Spool.QueryAsync(new MessageQuery { Parent = parent }, default)).FirstOrDefault(condition)) is not null, Patience, $"something comes of {parent}");
        return found!;
    }
}
