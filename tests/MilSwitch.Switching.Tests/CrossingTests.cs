using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Switching.Boundaries;
using MilSwitch.Testing;
using static MilSwitch.Switching.Tests.LabelStage;

namespace MilSwitch.Switching.Tests;

/// <summary>Messages on their way from one security domain into another, over a real store and a real socket.</summary>
public sealed class CrossingTests
{
    private const string Text = "From: <a@red.test>\r\nSubject: test\r\nReceived: from inside.red.test by gate.red.test; Sat, 28 Nov 2026 08:00:00 +0000\r\n\r\nhello\r\n";
    private static readonly SecurityDomain Red = new("red") { MailDomains = ["red.test"] };
    private static readonly SecurityDomain Blue = new("blue") { MailDomains = ["blue.test"] };
    internal static readonly BoundarySettings Outward = new() { Name = "red-to-blue", From = Red, To = Blue };

    [Fact]
    public async Task A_message_crosses_as_another_one_and_what_came_stays_as_evidence()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);

        var original = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Crossed, Assert.Single(original.Recipients).State);
        Assert.Equal("red", original.Envelope.Domain);
        var copy = await CopyOfAsync(harness, sent.Id, m => m.State == MessageState.Done);
        Assert.Equal("blue", copy.Envelope.Domain);
        Assert.Equal(RecipientState.Delivered, Assert.Single(copy.Recipients).State);
        var arrived = Encoding.UTF8.GetString(Assert.Single(harness.Sink.Transactions).Content.Span);
        Assert.DoesNotContain("inside.red.test", arrived, StringComparison.Ordinal);
        Assert.StartsWith("Received: by switch.test id " + copy.Id, arrived, StringComparison.Ordinal);
        Assert.EndsWith("From: <a@red.test>\r\nSubject: test\r\n\r\nhello\r\n", arrived, StringComparison.Ordinal);
        await using var kept = await harness.Spool.OpenContentAsync(sent.Id);
        Assert.Equal(Text, Encoding.UTF8.GetString(kept!.Inline!.Value.Span));
    }

    [Fact]
    public async Task The_signatures_that_were_taken_off_stand_in_the_custody_with_what_each_came_to()
    {
        ImmutableArray<string> told = ["1 drafter a@red.test: valid", "2 reviewer CN=stranger: CHAIN-INCOMPLETE"];
        var good = FakeBoundary.Good(Text + "signed\r\n");
        await using var harness = await StartAsync(boundary: new FakeBoundary { Opening = _ => new OpeningOutcome.Read(good with { Signature = good.Signature with { Told = told } }) });
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var custody = BoundaryDocuments.ReadCustody((await harness.Spool.ReadDocumentAsync(BoundaryDocuments.Custody, sent.Id.ToString()))!);
        var record = Assert.Single(custody, r => r.Act == "stripped");
        Assert.Equal("its protection was taken off; signatures as they came: 1 drafter a@red.test: valid; 2 reviewer CN=stranger: CHAIN-INCOMPLETE", record.Reason);
        Assert.Null(CustodyChain.FirstFault(custody));
    }

    [Fact]
    public async Task A_copy_in_another_domain_hears_nothing_of_what_replaces_its_original()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync("Message-ID: <old@red.test>\r\n" + Text, from: "a@red.test", to: ["b@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var copy = await CopyOfAsync(harness, sent.Id, m => m.State == MessageState.Done);
        Assert.Equal((await harness.Spool.ReadAsync(sent.Id))!.MessageIdField, copy.MessageIdField);
        var second = await harness.SendAsync("Message-ID: <new@red.test>\r\nSupersedes: <old@red.test>\r\n" + Text, from: "a@red.test", to: ["b@blue.test"]);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind is AuditKind.Superseded && a.Detail.StartsWith(second.Id.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain(await harness.Spool.ReadAuditAsync(copy.Id), a => a.Kind is AuditKind.Superseded);
    }

    [Fact]
    public async Task The_trace_of_a_message_leads_to_that_of_the_copy_which_goes_on_to_the_delivery()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == MessageTraces.SourceName, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded, ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var copy = await CopyOfAsync(harness, sent.Id, m => m.State == MessageState.Done);
        await Eventually.ComesTrueAsync(() => Task.FromResult(Of(copy.Id).Any(s => s.OperationName is "outcome") && Of(sent.Id).Any(s => s.Links.Any())), TimeSpan.FromSeconds(30), "the spans have ended");

        var (before, after) = (Of(sent.Id), Of(copy.Id));
        var (original, goesOn) = (Assert.Single(before.Select(s => s.TraceId).Distinct()), Assert.Single(after.Select(s => s.TraceId).Distinct()));
        // Another domain's spans are a trace of their own: whoever may see one need not see the other.
        Assert.NotEqual(original, goesOn);
        var made = Assert.Single(after, s => s.OperationName is "make");
        Assert.Equal([original], made.Links.Select(l => l.Context.TraceId));
        Assert.Contains(before.SelectMany(s => s.Links), l => l.Context.SpanId == made.SpanId);
        // What is done with the copy, to its delivery, stands beside that.
        Assert.Contains(after, s => s.OperationName is "deliver");
        Assert.DoesNotContain(before, s => s.OperationName is "deliver");

        Activity[] Of(MessageId id) => [.. spans.Where(s => (string?)s.GetTagItem("milswitch.message") == id.ToString())];
    }

    [Fact]
    public async Task Every_decision_and_every_change_is_stored_with_it()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);

        var record = Assert.Single(BoundaryDocuments.ReadDecisions((await harness.Spool.ReadDocumentAsync(BoundaryDocuments.Decisions, sent.Id.ToString()))!));
        Assert.Equal(Crossing.StepNames, record.Decisions.Select(d => d.Step));
        Assert.Equal(["peer", "parse", "verify", "decrypt", "headers", "report", "label", "release", "checks", "relabel", "disclose", "sign", "encrypt", "route"], Crossing.StepNames);
        Assert.Equal(StepOutcome.Go, record.Outcome);
        var copy = await CopyOfAsync(harness, sent.Id, _ => true);
        Assert.Equal(copy.Id.ToString(), record.Released);
        var custody = BoundaryDocuments.ReadCustody((await harness.Spool.ReadDocumentAsync(BoundaryDocuments.Custody, sent.Id.ToString()))!);
        Assert.Null(CustodyChain.FirstFault(custody));
        Assert.Equal(["accepted", "disclosed", "released"], custody.Select(c => c.Act));
        Assert.Equal(CustodyChain.Digest(Encoding.UTF8.GetBytes(Text)), custody[0].After);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Crossed && a.Detail == $"red-to-blue: {copy.Id}");
        Assert.Contains(await harness.Spool.ReadAuditAsync(copy.Id), a => a.Kind == AuditKind.Accepted && a.Detail == $"released by red-to-blue from {sent.Id}");
    }

    [Fact]
    public async Task Nothing_leaves_its_domain_where_no_boundary_leads()
    {
        await using var harness = await StartAsync(boundaries: []);
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);

        Assert.Equal("no boundary leads from red into blue", (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Theory]
    [InlineData(SignatureState.None, "verify: nobody signed it, and this boundary asks for a signature")]
    [InlineData(SignatureState.Bad, "verify: its signature is not to be believed: DIGEST-MISMATCH")]
    public async Task What_is_not_signed_well_is_held_and_released_it_is_held_again(SignatureState state, string reason)
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(FakeBoundary.Good(text) with { Signature = new SignatureFacts(state, state is SignatureState.Bad ? "DIGEST-MISMATCH" : "", SignerRole.None, []) }) };
        await using var harness = await StartAsync(boundary);
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);

        Assert.Equal(reason, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "let it go" }, SwitchHarness.Somebody, default);
        await Eventually.ComesTrueAsync(async () => (await harness.Spool.ReadAuditAsync(sent.Id)).Count(a => a.Kind == AuditKind.Held) is 2, TimeSpan.FromSeconds(15), "it is held again");
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task What_a_clearance_denies_goes_when_two_persons_say_so_and_not_when_one_does_twice()
    {
        var outward = Outward with { LabelsIn = Listener(), LabelsOut = Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") }) };
        await using var harness = await StartAsync(boundaries: [outward]);
        var sent = await harness.SendAsync("From: <a@red.test>\r\n" + Message(Label(Alfa, "SECRET")), from: "a@red.test", to: ["b@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        var decision = (await DecisionsAsync(harness, sent.Id))[^1].Decisions[^1];
        Assert.Equal(("label", StepOutcome.Hold, 2), (decision.Step, decision.Outcome, decision.Approvals));

        await ApproveAsync("one", "one");
        await ReleaseAsync(2);
        await ApproveAsync("one", "two");
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "approved" }, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var last = (await DecisionsAsync(harness, sent.Id))[^1].Decisions.Single(d => d.Step == "label");
        Assert.Equal(["one", "two"], last.ApprovedBy.AsEnumerable());
        Assert.Equal(StepOutcome.Go, last.Outcome);
        Assert.Equal("one, two", BoundaryDocuments.ReadCustody((await harness.Spool.ReadDocumentAsync(BoundaryDocuments.Custody, sent.Id.ToString()))!)[^1].Who);

        async Task ApproveAsync(params string[] who) => await harness.Spool.PutDocumentAsync(
            BoundaryDocuments.Approvals, sent.Id.ToString(),
            BoundaryDocuments.Write([.. who.Select(w => new BoundaryApproval("label", BoundaryApproval.DigestOf(outward.Name, decision.Reasons), w, DateTimeOffset.UnixEpoch, "seen"))]));

        async Task ReleaseAsync(int held)
        {
            await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "try" }, SwitchHarness.Somebody, default);
            await Eventually.ComesTrueAsync(async () => (await harness.Spool.ReadAuditAsync(sent.Id)).Count(a => a.Kind == AuditKind.Held) == held, TimeSpan.FromSeconds(15), "it is held again");
        }
    }

    [Fact]
    public async Task Checks_are_told_the_classification_and_in_which_policy_it_is_one()
    {
        CheckSubject? seen = null;
        var outward = Outward with
        {
            LabelsIn = Listener(),
            Checks = new Checker(subject =>
            {
                seen = subject;
                return new CheckVerdict("words", CheckOutcome.Passed, []);
            }),
        };
        await using var harness = await StartAsync(boundaries: [outward]);
        var label = Label(Alfa, "SECRET");
        var sent = await harness.SendAsync("From: <a@red.test>\r\n" + Message(label), from: "a@red.test", to: ["b@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var read = MilSwitch.Labels.Carriers.EssLabel.Read(seen!.Label!.Encoded);
        Assert.Equal((read.Classification, read.Policy), (seen.Classification, seen.Policy));
        Assert.NotNull(seen.Policy);
    }

    [Fact]
    public async Task An_approval_of_other_reasons_is_none()
    {
        var outward = Outward with { Checks = new Checker(_ => new CheckVerdict("words", CheckOutcome.Suspicious, ["rule 1 scored 7"])) };
        await using var harness = await StartAsync(boundaries: [outward]);
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        await harness.Spool.PutDocumentAsync(
            BoundaryDocuments.Approvals, sent.Id.ToString(), BoundaryDocuments.Write([new BoundaryApproval("checks", BoundaryApproval.DigestOf(outward.Name, ["words: rule 2 scored 9"]), "one", default, "seen")]));

        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "try" }, SwitchHarness.Somebody, default);
        await Eventually.ComesTrueAsync(async () => (await harness.Spool.ReadAuditAsync(sent.Id)).Count(a => a.Kind == AuditKind.Held) is 2, TimeSpan.FromSeconds(15), "it is held again");
    }

    [Fact]
    public async Task Waits_for_a_key_that_is_away_and_goes_when_it_is_back()
    {
        var away = true;
        var boundary = new FakeBoundary { Opening = text => Volatile.Read(ref away) ? new OpeningOutcome.Unavailable("the token is away") : new OpeningOutcome.Read(FakeBoundary.Good(text)) };
        await using var harness = await StartAsync(boundary);
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);

        await harness.WaitForAsync(sent.Id, m => m.Recipients[0] is { State: RecipientState.Queued, Attempts: >= 2 });
        Assert.Single(await DecisionsAsync(harness, sent.Id));
        Volatile.Write(ref away, false);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        await CopyOfAsync(harness, sent.Id, m => m.State == MessageState.Done);
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Recipients_in_both_domains_get_it_once_each()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@red.test", "c@blue.test", "d@red.test", "e@blue.test"]);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var copy = await CopyOfAsync(harness, sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(["c@blue.test", "e@blue.test"], copy.Envelope.Recipients.Select(r => r.Address.Text));
        Assert.True((await harness.Spool.ReadAsync(sent.Id))!.HasContent);
        Assert.Equal(["RCPT TO:<b@red.test>", "RCPT TO:<c@blue.test>", "RCPT TO:<d@red.test>", "RCPT TO:<e@blue.test>"], harness.Sink.Transactions.SelectMany(t => t.Recipients).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_came_stays_as_evidence_whoever_is_served_last()
    {
        await using var harness = await StartAsync();
        var mayGo = new TaskCompletionSource();
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient && step.Line.Contains("red.test", StringComparison.Ordinal) && !mayGo.Task.IsCompleted ? SinkAction.Say("450 4.2.0 later") : null;
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@red.test", "c@blue.test"]);
        await harness.WaitForAsync(sent.Id, m => m.Recipients[1].State is RecipientState.Crossed && m.Recipients[0].Attempts > 0);
        mayGo.SetResult();

        Assert.True((await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).HasContent);
    }

    [Fact]
    public async Task The_labels_of_a_link_beyond_the_boundary_are_judged_beyond_it()
    {
        // In the policy of its own domain the message has no label that this link knows.
        var outward = Outward with { LabelsIn = Listener(), LabelsOut = Link(s => s with { Policy = Coalition, Writes = [Labelling.LabelSource.SioLabel] }) };
        await using var harness = await SwitchHarness.StartAsync(
            (c, port) => With(c, port, [outward]) is var made
                ? made with { Routes = new RouteTable(made.Routes.Routes.Select(r => r.Match == "blue.test" ? r with { Link = r.Link! with { Labels = Link(s => s with { Unlabelled = LabelOutcome.Hold }) } } : r)) }
                : c,
            new FakeBoundary());
        var sent = await harness.SendAsync("From: <a@red.test>\r\n" + Message(Label(Alfa, "RESTRICTED")), from: "a@red.test", to: ["b@blue.test"]);

        await CopyOfAsync(harness, sent.Id, m => m.Recipients[0].State is RecipientState.Delivered);
        Assert.DoesNotContain(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Held);
    }

    [Fact]
    [Trait("Feature", "H-18")]
    public async Task The_catalogue_of_labels_knows_of_the_boundary_in_between()
    {
        var outward = Outward with { LabelsOut = Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") }) };
        await using var harness = await SwitchHarness.StartAsync(
            (c, port) => With(c, port, [outward]) with { LabelCatalogue = new Labelling.LabelCatalogueList(Authority, Alfa) }, new FakeBoundary());

        Assert.Equal(["UNCLASSIFIED", "RESTRICTED"], await NamesAsync("a@red.test", "b@red.test", "c@blue.test"));
        Assert.Contains("SECRET", await NamesAsync("a@red.test", "b@red.test"));
        Assert.Contains("SECRET", await NamesAsync("a@blue.test", "c@blue.test"));
        // Nothing of blue gets into red here.
        await Assert.ThrowsAsync<FormatException>(() => NamesAsync("a@blue.test", "b@red.test"));

        async Task<IEnumerable<string>> NamesAsync(string from, params string[] to) =>
            (await harness.Operator.LabelsAsync(null, Domain.Addressing.Mailbox.Parse(from), [.. to.Select(Domain.Addressing.Mailbox.Parse)], default)).Entries.Where(e => e.Label is not null).Select(e => e.Name);
    }

    [Theory]
    [InlineData("From: <ceo@blue.test>\r\n", "a@red.test", "headers: its author is not of red")]
    [InlineData("From: <a@red.test>, <ceo@blue.test>\r\n", "a@red.test", "headers: its author is not of red")]
    [InlineData("From: \"ceo@blue.test\" <a@red.test>\r\n", "a@red.test", "headers: its From field has more that looks like an address")]
    [InlineData("", "a@red.test", "headers: it names no author")]
    [InlineData("From: <a@red.test>\r\n", "a@blue.test", "headers: its reverse path is not of red")]
    [Trait("Threat", "C3")]
    public async Task Nobody_else_writes_out_of_a_domain(string author, string reversePath, string reason)
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(author + "Subject: s\r\n\r\nhello\r\n", from: reversePath, to: ["b@blue.test"]);

        Assert.Equal(reason, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
        Assert.Equal(1, (await DecisionsAsync(harness, sent.Id))[^1].Decisions[^1].Approvals);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task What_was_queued_for_a_link_that_now_leads_elsewhere_is_planned_again()
    {
        await using var harness = await StartAsync();
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient ? SinkAction.Say("450 4.2.0 later") : null;
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@red.test"]);
        await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts > 0);
        // The name of that link leads into the other domain by now, and its mail takes another one.
        harness.Service<ISwitchControl>().Apply(
            With(SwitchHarness.Configuration(harness.Sink.Port), harness.Sink.Port, [Outward]) with
            {
                Routes = new RouteTable(
                [
                    new Route { Match = "*", Link = SwitchHarness.Link("other", harness.Sink.Port) with { Domain = "red" } },
                    new Route { Match = "blue.test", Link = SwitchHarness.Link("red", harness.Sink.Port) with { Domain = "blue" } },
                ]),
            });
        harness.Sink.Script = null;

        await harness.WaitForAsync(sent.Id, m => m.Recipients[0].State is RecipientState.Delivered);
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    [Trait("Feature", "L-05")]
    public async Task Who_asked_for_a_report_from_beyond_is_followed()
    {
        var homeward = new BoundarySettings { Name = "blue-to-red", From = Blue, To = Red };
        await using var harness = await SwitchHarness.StartAsync((c, port) => With(c, port, [Outward, homeward]), new FakeBoundary());
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"], notify: NotifyOptions.Success);
        var copy = await CopyOfAsync(harness, sent.Id, m => m.State == MessageState.Done);

        await Eventually.ComesTrueAsync(
            async () => (await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Settled, copy.Id.ToString()) ?? await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, copy.Id.ToString())) is { } json
                && AcknowledgmentDocuments.Read(json) is [{ Expected: ExpectedEvidence.Report }],
            TimeSpan.FromSeconds(15), "it is followed");
    }

    [Fact]
    public async Task Who_may_not_see_it_waits_and_the_others_get_it()
    {
        var authority = new Labelling.LabelAuthority(Policies, new Labelling.AddressClearances([("c@blue.test", UpTo(Alfa, "RESTRICTED"))]));
        var outward = Outward with { LabelsIn = Listener(authority: authority), LabelsOut = Link(authority: authority) };
        await using var harness = await StartAsync(boundaries: [outward]);
        var sent = await harness.SendAsync("From: <a@red.test>\r\n" + Message(Label(Alfa, "SECRET")), from: "a@red.test", to: ["b@blue.test", "c@blue.test"]);

        await harness.WaitForAsync(sent.Id, m => m.Recipients[0].State is RecipientState.Crossed && m.Recipients[1].State.IsHeld());
        var copy = await CopyOfAsync(harness, sent.Id, m => m.State == MessageState.Done);
        Assert.Equal("b@blue.test", Assert.Single(copy.Envelope.Recipients).Address.Text);
    }

    [Fact]
    public async Task What_a_boundary_returns_says_nothing_of_the_reason()
    {
        var outward = Outward with { LabelsIn = Listener(), LabelsOut = Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED"), Denied = LabelOutcome.Return }) };
        await using var harness = await StartAsync(boundaries: [outward]);
        var sent = await harness.SendAsync("From: <a@red.test>\r\n" + Message(Label(Alfa, "SECRET")), from: "a@red.test", to: ["b@blue.test"]);

        await harness.WaitForAsync(sent.Id, m => m.Recipients[0].State is RecipientState.Returned);
        var audit = await harness.Spool.ReadAuditAsync(sent.Id);
        Assert.Contains(audit, a => a.Kind == AuditKind.Returned && a.Detail == "554 5.7.1 not permitted by security policy");
        Assert.Equal(("label", StepOutcome.Return), ((await DecisionsAsync(harness, sent.Id))[^1].Decisions[^1].Step, (await DecisionsAsync(harness, sent.Id))[^1].Outcome));
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task A_step_that_fails_inside_holds()
    {
        await using var harness = await StartAsync(new FakeBoundary { Opening = _ => throw new InvalidOperationException("a fault") });
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);

        Assert.Equal("parse: this step failed inside the switch", (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    [Trait("Threat", "C10")]
    public async Task The_same_signature_in_another_message_is_the_same_message()
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(FakeBoundary.Good(text) with { ReplayKey = new byte[] { 1, 2, 3 } }) };
        await using var harness = await StartAsync(boundary);
        var first = await harness.SendAsync("Message-ID: <1@red.test>\r\n" + Text, from: "a@red.test", to: ["b@blue.test"]);
        await CopyOfAsync(harness, first.Id, m => m.State == MessageState.Done);
        var second = await harness.SendAsync("Message-ID: <2@red.test>\r\n" + Text, from: "a@red.test", to: ["b@blue.test"]);

        var copy = await CopyOfAsync(harness, second.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Duplicate, Assert.Single(copy.Recipients).State);
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    public async Task A_failure_beyond_the_boundary_comes_back_as_facts_with_the_ENVID_of_the_originator()
    {
        var keys = new EnvelopeTagKeys(Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef"));
        var homeward = new BoundarySettings { Name = "blue-to-red", From = Blue, To = Red };
        await using var harness = await SwitchHarness.StartAsync((c, port) => With(c, port, [Outward, homeward]) with { EnvelopeTags = keys }, new FakeBoundary());
        harness.Sink.Script = step => step.Line.StartsWith("RCPT TO:<b@blue.test>", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such person at inside.blue.test") : null;
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"], change: e => e with { EnvelopeId = "MINE" });

        var copy = await CopyOfAsync(harness, sent.Id, m => m.State == MessageState.Done);
        Assert.True(EnvelopeTag.TryRead(copy.Envelope.EnvelopeId, "blue", keys, out var tagged));
        Assert.Equal(copy.Id, tagged);
        var report = await CopyOfAsync(harness, copy.Id, m => m.State == MessageState.Done);
        Assert.Equal("blue", report.Envelope.Domain);
        var back = await CopyOfAsync(harness, report.Id, m => m.State == MessageState.Done);
        Assert.Equal("red", back.Envelope.Domain);
        var arrived = Encoding.UTF8.GetString(harness.Sink.Transactions.Single(t => t.Recipients.Contains("RCPT TO:<a@red.test> NOTIFY=NEVER")).Content.Span);
        Assert.Contains("Original-Envelope-Id: MINE\r\n", arrived, StringComparison.Ordinal);
        Assert.Contains("Final-Recipient: rfc822;b@blue.test\r\nAction: failed\r\nStatus: 5.1.1\r\n", arrived, StringComparison.Ordinal);
        Assert.DoesNotContain("inside.blue.test", arrived, StringComparison.Ordinal);
        Assert.DoesNotContain("hello", arrived, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "L-10")]
    public async Task A_report_that_proves_nothing_needs_a_signature_like_other_mail()
    {
        var boundary = new FakeBoundary { Opening = text => new OpeningOutcome.Read(FakeBoundary.Good(text) with { Signature = SignatureFacts.None }) };
        await using var harness = await StartAsync(boundary);
        const string Forged = "From: <mailer@x.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nno\r\n"
            + "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;x.test\r\nOriginal-Envelope-Id: 0000G40000040.00\r\n\r\nFinal-Recipient: rfc822;b@blue.test\r\nAction: failed\r\nStatus: 5.0.0\r\n\r\n--b--\r\n";
        var sent = await harness.SendAsync(Forged, from: "", to: ["b@blue.test"]);

        Assert.Equal("verify: nobody signed it, and this boundary asks for a signature", (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
    }

    [Fact]
    public async Task What_was_accepted_before_there_were_domains_waits_for_a_person()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Routes = new RouteTable([new Route { Match = "*", Link = SwitchHarness.Link("nobody", 1) }]) });
        var sent = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"]);
        await harness.RestartAsync(c => With(c, harness.Sink.Port, [Outward]));

        Assert.Equal("it is in no security domain", (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Flash_passes_while_checks_of_Routine_hang()
    {
        var hanging = new TaskCompletionSource();
        var outward = Outward with { Checks = new SlowChecker(subject => subject.Precedence is Precedence.Flash ? Task.CompletedTask : hanging.Task) };
        await using var harness = await StartAsync(boundaries: [outward]);
        var routine = new List<MessageId>();
        for (var i = 0; i < (8 * Environment.ProcessorCount) + 8; i++) routine.Add((await harness.SendAsync($"X-Number: {i}\r\n" + Text, from: "a@red.test", to: ["b@blue.test"], priority: MtPriority.From(Precedence.Routine))).Id);
        var flash = await harness.SendAsync(Text, from: "a@red.test", to: ["b@blue.test"], priority: MtPriority.From(Precedence.Flash));

        await CopyOfAsync(harness, flash.Id, m => m.State == MessageState.Done);
        Assert.Single(harness.Sink.Transactions);
        hanging.SetResult();
        foreach (var id in routine) await harness.WaitForAsync(id, m => m.State == MessageState.Done);
    }

    [Fact]
    public void Only_the_end_of_a_whole_passage_releases_a_message()
    {
        var passage = new Passage
        {
            Id = default, Next = default, Envelope = new Envelope { ReversePath = Domain.Addressing.ReversePath.Null, Recipients = [], ArrivedAt = default, Origin = new Origin { Listener = "test" } },
            Recipients = [], Boundary = Outward, Configuration = SwitchHarness.Configuration(1), Now = default, Came = default,
        };

        Assert.Throws<InvalidOperationException>(() => ReleasedMessage.From(passage));
        Assert.Throws<InvalidOperationException>(() => ReleasedMessage.From(
            passage with { Decisions = [.. Crossing.StepNames.Select((s, i) => new StepDecision(s, i is 5 ? StepOutcome.Hold : StepOutcome.Go, ["no"]))] }));
    }

    internal static SwitchConfiguration With(SwitchConfiguration configuration, int port, ImmutableArray<BoundarySettings> boundaries) => configuration with
    {
        Routes = new RouteTable(
        [
            new Route { Match = "*", Link = SwitchHarness.Link("red", port) with { Domain = "red" } },
            new Route { Match = "blue.test", Link = SwitchHarness.Link("blue", port) with { Domain = "blue" } },
        ]),
        Boundaries = new BoundaryMap([Red, Blue], boundaries),
        ListenerDomains = new Dictionary<string, string> { ["test"] = "red" },
    };

    private static async Task<SwitchHarness> StartAsync(FakeBoundary? boundary = null, ImmutableArray<BoundarySettings>? boundaries = null, FakeProtection? protection = null) =>
        await SwitchHarness.StartAsync((c, port) => With(c, port, boundaries ?? [Outward]), boundary: boundary ?? new FakeBoundary(), protection: protection);

    private static async Task<ImmutableArray<CrossingRecord>> DecisionsAsync(SwitchHarness harness, MessageId id) =>
        BoundaryDocuments.ReadDecisions((await harness.Spool.ReadDocumentAsync(BoundaryDocuments.Decisions, id.ToString()))!);

    private static async Task<StoredMessage> CopyOfAsync(SwitchHarness harness, MessageId id, Func<StoredMessage, bool> condition)
    {
        StoredMessage? copy = null;
        await Eventually.ComesTrueAsync(
            async () => (copy = (await harness.Spool.QueryAsync(new MessageQuery { Parent = id })).FirstOrDefault()) is not null && condition(copy), TimeSpan.FromSeconds(15), $"the copy of {id}: {copy}");
        return copy!;
    }

    private sealed class SlowChecker(Func<CheckSubject, Task> wait) : IContentChecker
    {
        public async ValueTask<ImmutableArray<CheckVerdict>> RunAsync(CheckSubject subject, CancellationToken cancellationToken)
        {
            await wait(subject);
            return [new CheckVerdict("slow", CheckOutcome.Passed, [])];
        }
    }

    private sealed class Checker(Func<CheckSubject, CheckVerdict> check) : IContentChecker
    {
        public ValueTask<ImmutableArray<CheckVerdict>> RunAsync(CheckSubject subject, CancellationToken cancellationToken) => new([check(subject)]);
    }
}
