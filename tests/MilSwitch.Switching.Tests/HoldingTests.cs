using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels.Carriers;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>What persons decide about what a boundary holds, over a real store and a real boundary.</summary>
[Trait("Feature", "B-15")]
public sealed class HoldingTests
{
    private const string Text = "From: <a@red.test>\r\nSubject: test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: text/plain\r\n\r\nannex\r\n--b--\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly OperatorIdentity Anna = new("anna", "test") { Roles = OperatorRoles.All }, Bert = Anna with { Name = "bert" }, Carl = Anna with { Name = "carl" };

    [Fact]
    public async Task One_person_lets_it_go_where_one_is_asked_for()
    {
        await using var stage = await Stage.StartAsync(approvals: 1);
        var id = await stage.HeldAsync();

        var result = await stage.ApproveAsync(id, Anna);
        Assert.Equal((HoldingOutcome.Done, 1), (result.Outcome, result.Needed));
        await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);
        await stage.Harness.Sink.WaitForAsync(1, Patience);
        var approval = Assert.Single(await stage.AuditAsync(id), a => a.Kind == AuditKind.Approved);
        Assert.Equal(("anna", "checks, 1 of 1: seen"), (approval.Actor, approval.Detail));
    }

    [Fact]
    [Trait("Threat", "F41")]
    public async Task Two_persons_are_two_and_one_who_says_it_twice_is_one()
    {
        await using var stage = await Stage.StartAsync(approvals: 2);
        var id = await stage.HeldAsync();

        var first = await stage.ApproveAsync(id, Anna);
        Assert.Equal((HoldingOutcome.ApprovalNeeded, 2), (first.Outcome, first.Needed));
        Assert.Equal(["anna"], first.Given.AsEnumerable());
        var again = await stage.ApproveAsync(id, Anna);
        Assert.Equal((HoldingOutcome.Conflict, "anna has approved it already: another person is needed"), (again.Outcome, again.Text));
        Assert.Empty(stage.Harness.Sink.Transactions);

        var held = await stage.Harness.Operator.HeldAsync(id, default);
        var step = Assert.Single(held!.Steps);
        Assert.Equal(("checks", "red-to-blue", 2), (step.Decision.Step, step.Boundary, step.Decision.Approvals));
        Assert.Equal(["anna"], step.Approvals.Select(a => a.Who));

        Assert.Equal(HoldingOutcome.Done, (await stage.ApproveAsync(id, Bert)).Outcome);
        await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);
        Assert.Equal(["anna", "bert"], (await stage.AuditAsync(id)).Where(a => a.Kind == AuditKind.Approved).Select(a => a.Actor));
        var decisions = await stage.Harness.Operator.DecisionsAsync(id, default);
        Assert.Equal([StepOutcome.Hold, StepOutcome.Go], decisions!.Passages.Select(p => p.Outcome));
        Assert.Equal(["anna", "bert"], decisions.Passages[^1].Decisions.Single(d => d.Step == "checks").ApprovedBy.AsEnumerable());
    }

    [Fact]
    [Trait("Threat", "F41")]
    public async Task Two_who_approve_at_once_are_both_counted()
    {
        await using var stage = await Stage.StartAsync(approvals: 2);
        for (var i = 1; i <= 5; i++)
        {
            var id = await stage.HeldAsync();
            var results = await Task.WhenAll(stage.ApproveAsync(id, Anna), stage.ApproveAsync(id, Bert));
            Assert.Equal([HoldingOutcome.Done, HoldingOutcome.ApprovalNeeded], results.Select(r => r.Outcome).Order());
            await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);
        }
    }

    [Fact]
    [Trait("Threat", "F41")]
    public async Task Other_reasons_need_other_approvals()
    {
        await using var stage = await Stage.StartAsync(approvals: 2);
        var id = await stage.HeldAsync();
        var seen = Assert.Single((await stage.Harness.Operator.HeldAsync(id, default))!.Steps).Digest;
        await stage.ApproveAsync(id, Anna);

        stage.Finding = "rule 2 scored 9";
        await stage.Harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [id], Reason = "look again" }, Carl, default);
        await Eventually.ComesTrueAsync(async () => (await stage.AuditAsync(id)).Count(a => a.Kind == AuditKind.Held) is 2, Patience, "it is held again");

        Assert.Empty(Assert.Single((await stage.Harness.Operator.HeldAsync(id, default))!.Steps).Approvals);
        var stale = await stage.ApproveAsync(id, Bert, seen);
        Assert.Equal((HoldingOutcome.Conflict, "the reasons are others than those that were seen"), (stale.Outcome, stale.Text));
        Assert.Equal(["bert"], (await stage.ApproveAsync(id, Bert)).Given.AsEnumerable());
        Assert.Equal(HoldingOutcome.Done, (await stage.ApproveAsync(id, Anna)).Outcome);
        await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);
    }

    [Fact]
    public async Task Nobody_lifts_what_nobody_can_lift_and_no_step_that_does_not_hold()
    {
        await using var stage = await Stage.StartAsync(approvals: 0);
        var id = await stage.HeldAsync();

        Assert.Equal("nobody can lift that step; reject or correct it", (await stage.ApproveAsync(id, Anna)).Text);
        var other = await stage.Harness.Operator.DecideAsync(id, new HoldingOrder.Approve("label", null, "seen"), Anna, default);
        Assert.Equal((HoldingOutcome.Conflict, "that step does not hold it; these do: checks"), (other.Outcome, other.Text));
        var missing = await stage.Harness.Operator.DecideAsync(MessageId.Create(1, 99_999, id.Partition), new HoldingOrder.Approve("label", null, "seen"), Anna, default);
        Assert.Equal(HoldingOutcome.NotFound, missing.Outcome);
        Assert.DoesNotContain(await stage.AuditAsync(id), a => a.Kind == AuditKind.Approved);
    }

    [Fact]
    [Trait("Threat", "F41")]
    public async Task Nobody_approves_or_corrects_a_message_of_their_own()
    {
        await using var stage = await Stage.StartAsync(approvals: 1);
        var id = await stage.HeldAsync(e => e with { Origin = e.Origin with { AuthenticatedAs = "anna" } });

        Assert.Equal("anna sent it: another person has to decide", (await stage.ApproveAsync(id, Anna)).Text);
        Assert.Equal(HoldingOutcome.Conflict, (await stage.CorrectAsync(id, Anna, new MessageCorrection { DropParts = ["1.2"] })).Outcome);
        Assert.Equal("anna", (await stage.Harness.Operator.HeldAsync(id, default))!.Author);
        Assert.Equal(HoldingOutcome.Done, (await stage.ApproveAsync(id, Bert)).Outcome);
    }

    [Fact]
    public async Task Rejected_it_goes_back_with_the_text_and_nothing_else()
    {
        await using var stage = await Stage.StartAsync(approvals: 1);
        var id = await stage.HeldAsync();

        Assert.Equal(HoldingOutcome.Refused, (await stage.RejectAsync(id, Anna, new string('x', 401))).Outcome);
        Assert.Equal(HoldingOutcome.Refused, (await stage.RejectAsync(id, Anna, "two\r\nlines")).Outcome);
        Assert.Equal(HoldingOutcome.Done, (await stage.RejectAsync(id, Anna, "send it without the annex")).Outcome);
        var done = await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Returned, done.Recipients[0].State);
        var report = Encoding.UTF8.GetString((await stage.Harness.Sink.WaitForAsync(1, Patience))[0].Content.Span);
        Assert.Contains("send it without the annex", report, StringComparison.Ordinal);
        Assert.DoesNotContain("scored", report, StringComparison.Ordinal);
        Assert.DoesNotContain("anna", report, StringComparison.Ordinal);
        Assert.Contains(await stage.AuditAsync(id), a => a is { Kind: AuditKind.Rejected, Actor: "anna", Detail: "not for them" });
    }

    [Fact]
    public async Task Corrected_another_message_takes_its_place_and_begins_at_the_beginning()
    {
        await using var stage = await Stage.StartAsync(approvals: 1);
        var id = await stage.HeldAsync();
        stage.Finding = null;

        var label = LabelStage.Label(LabelStage.Alfa, "RESTRICTED");
        var result = await stage.CorrectAsync(id, Anna, new MessageCorrection
        {
            Recipients = [(Mailbox.Parse("b@blue.test"), Mailbox.Parse("c@blue.test"))], DropParts = ["1.2"], Label = new MessageLabel(EssLabel.Encode(label)), SubjectCodes = ["SDM", "BRL"],
        });
        Assert.Equal(HoldingOutcome.Done, result.Outcome);
        var old = await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);
        Assert.Equal((RecipientState.Corrected, true), (old.Recipients[0].State, old.HasContent));
        var made = await stage.Harness.WaitForAsync(result.Made!.Value, m => m.State == MessageState.Done);
        Assert.Equal((id, "red", RecipientState.Crossed), (made.Parent, made.Envelope.Domain, made.Recipients[0].State));

        var arrived = Assert.Single(await stage.Harness.Sink.WaitForAsync(1, Patience));
        Assert.Equal("RCPT TO:<c@blue.test>", arrived.Recipients[0].Split(' ')[0] + " " + arrived.Recipients[0].Split(' ')[1]);
        var text = Encoding.UTF8.GetString(arrived.Content.Span);
        Assert.Contains("MMHS-Subject-Indicator-Codes: SDM; BRL\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("annex", text, StringComparison.Ordinal);
        Assert.EndsWith("--b\r\n\r\nhello\r\n--b--\r\n", text, StringComparison.Ordinal);
        Assert.NotNull(arrived.Field("SIO-Label"));

        Assert.Contains(await stage.AuditAsync(id), a => a.Kind == AuditKind.Corrected && a.Actor == "anna" && a.Detail.StartsWith(made.Id.ToString(), StringComparison.Ordinal));
        Assert.Contains(await stage.AuditAsync(made.Id), a => a.Kind == AuditKind.Corrected && a.Detail.StartsWith($"made from {id}", StringComparison.Ordinal));
        var custody = await stage.Harness.Operator.CustodyAsync(made.Id, default);
        Assert.Null(custody!.FirstFault);
        Assert.Equal(["accepted", "corrected", "accepted"], custody.Chain.Take(3).Select(r => r.Act));
        Assert.Equal((CustodyChain.Digest(Encoding.UTF8.GetBytes(Text)), "anna"), (custody.Chain[1].Before, custody.Chain[1].Who));
    }

    [Theory]
    [InlineData("multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b")]
    [InlineData("application/pkcs7-mime; name=smime.p7m")]
    [InlineData("application/octet-stream; name=smime.p7m")]
    public async Task Of_what_is_signed_or_encrypted_only_the_recipients_are_changed(string type)
    {
        await using var stage = await Stage.StartAsync(approvals: 1);
        var id = await stage.HeldAsync(text: Text.Replace("multipart/mixed; boundary=b", type, StringComparison.Ordinal));

        foreach (var change in new[] { new MessageCorrection { DropParts = ["1.2"] }, new MessageCorrection { SubjectCodes = ["SDM"] }, new MessageCorrection { Label = new MessageLabel(EssLabel.Encode(LabelStage.Label(LabelStage.Alfa, "RESTRICTED"))) } })
        {
            var refused = await stage.CorrectAsync(id, Anna, change);
            Assert.Equal((HoldingOutcome.Refused, "it is signed or encrypted: only its recipients can be changed"), (refused.Outcome, refused.Text));
        }

        Assert.Equal(HoldingOutcome.Done, (await stage.CorrectAsync(id, Anna, new MessageCorrection { Recipients = [(Mailbox.Parse("b@blue.test"), Mailbox.Parse("c@blue.test"))] })).Outcome);
    }

    [Fact]
    [Trait("Threat", "F41")]
    public async Task Correcting_a_content_needs_two_who_ask_for_the_same_where_the_boundary_says_so()
    {
        await using var stage = await Stage.StartAsync(approvals: 1, corrections: 2);
        var id = await stage.HeldAsync();
        stage.Finding = null;

        var drop = new MessageCorrection { DropParts = ["1.2"] };
        Assert.Equal(HoldingOutcome.ApprovalNeeded, (await stage.CorrectAsync(id, Anna, drop)).Outcome);
        Assert.Equal(HoldingOutcome.Conflict, (await stage.CorrectAsync(id, Anna, drop)).Outcome);
        Assert.Equal(HoldingOutcome.ApprovalNeeded, (await stage.CorrectAsync(id, Bert, drop with { DropParts = ["1.1"] })).Outcome);
        Assert.Equal(["anna", "bert"], (await stage.Harness.Operator.HeldAsync(id, default))!.Corrections.Select(c => c.Who));
        var done = await stage.CorrectAsync(id, Bert, drop);
        Assert.Equal((HoldingOutcome.Done, 2), (done.Outcome, done.Needed));
        Assert.Equal("anna, bert", (await stage.Harness.Operator.CustodyAsync(done.Made!.Value, default))!.Chain[1].Who);
        await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);
    }

    [Fact]
    public async Task Says_what_can_not_be_corrected()
    {
        await using var stage = await Stage.StartAsync(approvals: 1);
        var id = await stage.HeldAsync();
        var (b, c) = (Mailbox.Parse("b@blue.test"), Mailbox.Parse("c@blue.test"));

        foreach (var (change, text) in new (MessageCorrection, string)[]
        {
            (new MessageCorrection { Recipients = [(c, b)] }, "c@blue.test is none of the recipients that are held"),
            (new MessageCorrection { Recipients = [(b, Mailbox.Parse("c@refused.test"))] }, "no route takes c@refused.test"),
            (new MessageCorrection { DropParts = ["1.3"] }, "there is no part 1.3"),
            (new MessageCorrection { DropParts = ["1.1", "1.2"] }, "without part 1.2 nothing would be left around it; name what is around it instead"),
            (new MessageCorrection { SubjectCodes = ["x"] }, "'x' is no subject indicator code of 3 to 8 characters"),
            (new MessageCorrection { SubjectCodes = [] }, "it is like that already"),
        })
        {
            var refused = await stage.CorrectAsync(id, Anna, change);
            Assert.Equal((HoldingOutcome.Refused, text), (refused.Outcome, refused.Text));
        }

        Assert.DoesNotContain(await stage.AuditAsync(id), a => a.Actor == "anna");
    }

    [Fact]
    public async Task Lists_the_most_urgent_first_in_pages()
    {
        await using var stage = await Stage.StartAsync(approvals: 2);
        var routine = await stage.HeldAsync();
        var flash = await stage.HeldAsync(priority: MtPriority.From(Precedence.Flash));
        var later = await stage.HeldAsync();

        var all = await stage.Harness.Operator.HeldAsync(null, 10, default);
        Assert.Equal([flash, routine, later], all.Select(m => m.Id));
        Assert.Equal("checks: words: rule 1 scored 7", all[0].Reason);
        Assert.Equal("b@blue.test", Assert.Single(all[0].Recipients).Value);
        Assert.True(all[0].WarnsAt <= all[0].Deadline);
        Assert.Equal([flash], (await stage.Harness.Operator.HeldAsync(null, 1, default)).Select(m => m.Id));
        Assert.Equal([routine, later], (await stage.Harness.Operator.HeldAsync(flash, 10, default)).Select(m => m.Id));
    }

    [Fact]
    [Trait("Threat", "F6")]
    public async Task What_the_store_refuses_is_not_done_and_not_done_later()
    {
        await using var stage = await Stage.StartAsync(approvals: 1);
        var id = await stage.HeldAsync();

        stage.Harness.Refusing.Refuses = operation => operation is { Audit: [{ Kind: AuditKind.Approved or AuditKind.Corrected }, ..] } ? SpoolHealth.Full : null;
        await Assert.ThrowsAsync<SpoolUnavailableException>(() => stage.ApproveAsync(id, Anna));
        await Assert.ThrowsAsync<SpoolUnavailableException>(() => stage.CorrectAsync(id, Anna, new MessageCorrection { DropParts = ["1.2"] }));
        stage.Harness.Refusing.Refuses = null;
        Assert.Equal(MessageState.Held, (await stage.Harness.Spool.ReadAsync(id))!.State);
        Assert.Equal(HoldingOutcome.Done, (await stage.ApproveAsync(id, Anna)).Outcome);
        await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);
    }

    [Fact]
    public async Task Evidence_is_exported_with_the_message_that_came()
    {
        await using var stage = await Stage.StartAsync(approvals: 1);
        var id = await stage.HeldAsync();
        await stage.ApproveAsync(id, Anna);
        await stage.Harness.WaitForAsync(id, m => m.State == MessageState.Done);

        await using var export = await stage.Harness.Operator.ExportCustodyAsync(id, Bert, default);
        var files = export!.Files.ToDictionary(f => f.Name, StringComparer.Ordinal);
        Assert.Equal(CustodyChain.Digest(Encoding.UTF8.GetBytes(Text)), files["original.eml"].Digest);
        Assert.Equal(Text, Encoding.UTF8.GetString(files["original.eml"].Content.Inline!.Value.Span));
        var chain = BoundaryDocuments.ReadCustody(Encoding.UTF8.GetString(files["custody.json"].Content.Inline!.Value.Span));
        Assert.Equal(files["original.eml"].Digest, chain[0].After);
        Assert.Contains("\"Approved\"", Encoding.UTF8.GetString(files["audit.json"].Content.Inline!.Value.Span), StringComparison.Ordinal);
        Assert.Contains(await stage.AuditAsync(id), a => a is { Kind: AuditKind.Viewed, Actor: "bert" });
    }

    /// <summary>A switch with a boundary whose check finds something.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        public SwitchHarness Harness { get; private set; } = null!;

        /// <summary>What the check finds; null: nothing.</summary>
        public string? Finding { get; set; } = "rule 1 scored 7";

        public static async Task<Stage> StartAsync(int approvals, int corrections = 1)
        {
            var stage = new Stage();
            var boundary = new BoundarySettings
            {
                Name = "red-to-blue", From = new SecurityDomain("red") { MailDomains = ["red.test"] }, To = new SecurityDomain("blue") { MailDomains = ["blue.test"] },
                Checks = new Checker(() => stage.Finding), CheckApprovals = approvals, CorrectApprovals = corrections,
            };
            stage.Harness = await SwitchHarness.StartAsync((c, port) => Refusing(CrossingTests.With(c, port, [boundary])), new FakeBoundary());
            return stage;
        }

        private static SwitchConfiguration Refusing(SwitchConfiguration configuration) => configuration with
        {
            Routes = new RouteTable([.. configuration.Routes.Routes, new Route { Match = "refused.test", Refuse = "not here" }]),
        };

        public async Task<MessageId> HeldAsync(Func<Envelope, Envelope>? change = null, string text = Text, MtPriority? priority = null)
        {
            var sent = await Harness.SendAsync(text, from: "a@red.test", to: ["b@blue.test"], priority: priority, change: change);
            Assert.Null(sent.Refusal);
            await Harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
            return sent.Id;
        }

        public Task<HoldingResult> ApproveAsync(MessageId id, OperatorIdentity who, string? reasons = null) =>
            Harness.Operator.DecideAsync(id, new HoldingOrder.Approve("checks", reasons, "seen"), who, default).AsTask();

        public Task<HoldingResult> RejectAsync(MessageId id, OperatorIdentity who, string? text) =>
            Harness.Operator.DecideAsync(id, new HoldingOrder.Reject(text, "not for them"), who, default).AsTask();

        public Task<HoldingResult> CorrectAsync(MessageId id, OperatorIdentity who, MessageCorrection change) =>
            Harness.Operator.DecideAsync(id, new HoldingOrder.Correct(change, "wrong"), who, default).AsTask();

        public async Task<IReadOnlyList<AuditEvent>> AuditAsync(MessageId id) => await Harness.Spool.ReadAuditAsync(id);

        public ValueTask DisposeAsync() => Harness.DisposeAsync();
    }

    private sealed class Checker(Func<string?> finding) : IContentChecker
    {
        public ValueTask<ImmutableArray<CheckVerdict>> RunAsync(CheckSubject subject, CancellationToken cancellationToken) =>
            new([finding() is { } found ? new CheckVerdict("words", CheckOutcome.Suspicious, [found]) : new CheckVerdict("words", CheckOutcome.Passed, [])]);
    }
}
