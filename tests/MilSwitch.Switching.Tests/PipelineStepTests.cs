using System.Collections.Immutable;
using System.Net;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Switching.Boundaries;
using MilSwitch.Switching.Boundaries.Steps;

namespace MilSwitch.Switching.Tests;

/// <summary>The decisions of a boundary, each for itself.</summary>
public sealed class PipelineStepTests
{
    private static readonly BoundarySettings Boundary = new() { Name = "red-to-blue", From = new SecurityDomain("red") { MailDomains = ["red.test"] }, To = new SecurityDomain("blue") };

    [Theory]
    [InlineData("192.0.2.7", null, null, StepOutcome.Go)]
    [InlineData("::ffff:192.0.2.7", null, null, StepOutcome.Go)]
    [InlineData("198.51.100.1", null, null, StepOutcome.Hold)]
    [InlineData("", null, null, StepOutcome.Hold)]
    public void Takes_messages_from_its_peers(string client, string? identity, string? tls, StepOutcome expected) =>
        Assert.Equal(expected, PeerOutcome(new BoundaryPeer("p", [IPNetwork.Parse("192.0.2.0/24")], [], false), client, identity, tls));

    [Theory]
    [InlineData("gate", "TLS 1.3", StepOutcome.Go)]
    [InlineData("GATE", "TLS 1.3", StepOutcome.Go)]
    [InlineData("gate", null, StepOutcome.Hold)]
    [InlineData("other", "TLS 1.3", StepOutcome.Hold)]
    [InlineData(null, "TLS 1.3", StepOutcome.Hold)]
    public void Asks_peers_for_what_they_are_known_by(string? identity, string? tls, StepOutcome expected) =>
        Assert.Equal(expected, PeerOutcome(new BoundaryPeer("p", [], ["gate"], true), "192.0.2.7", identity, tls));

    [Theory]
    [InlineData(SignatureState.Good, SignerRole.Originator, true, StepOutcome.Go)]
    [InlineData(SignatureState.Good, SignerRole.Review, true, StepOutcome.Hold)]
    [InlineData(SignatureState.Bad, SignerRole.None, false, StepOutcome.Hold)]
    [InlineData(SignatureState.None, SignerRole.None, true, StepOutcome.Hold)]
    [InlineData(SignatureState.None, SignerRole.None, false, StepOutcome.Go)]
    public void A_bad_signature_never_crosses_and_none_only_where_that_may_be(SignatureState state, SignerRole roles, bool required, StepOutcome expected)
    {
        var passage = Opened(o => o with { Signature = new SignatureFacts(state, "CODE", roles, []) }) with { Boundary = Boundary with { RequireSignature = required } };
        Assert.Equal(expected, new VerifyStep().Decide(passage).Outcome);
    }

    [Theory]
    [InlineData(EncryptionState.None, false, StepOutcome.Skip)]
    [InlineData(EncryptionState.None, true, StepOutcome.Hold)]
    [InlineData(EncryptionState.Opened, true, StepOutcome.Go)]
    [InlineData(EncryptionState.Kept, true, StepOutcome.Go)]
    [InlineData(EncryptionState.ForOthers, false, StepOutcome.Hold)]
    [InlineData(EncryptionState.Closed, false, StepOutcome.Hold)]
    public void What_it_can_not_look_into_does_not_cross(EncryptionState state, bool required, StepOutcome expected)
    {
        var decision = new DecryptStep().Decide(Opened(o => o with { Encryption = state }) with { Boundary = Boundary with { RequireEncryption = required } });
        Assert.Equal((expected, 0), (decision.Outcome, decision.Approvals));
    }

    [Theory]
    [InlineData(BoundaryWish.Allow, StepOutcome.Go)]
    [InlineData(BoundaryWish.Notify, StepOutcome.Go)]
    [InlineData(BoundaryWish.Deny, StepOutcome.Hold)]
    [InlineData(null, StepOutcome.Hold)]
    public void What_its_originator_does_not_want_opened_waits_and_nobody_can_lift_that(BoundaryWish? wish, StepOutcome expected)
    {
        var finding = wish is null ? BoundaryWishFinding.Malformed : new BoundaryWishFinding(wish, false);
        var decision = new DecryptStep().Decide(Opened(o => o with { Encryption = EncryptionState.Opened, Wish = finding }));
        Assert.Equal((expected, 0), (decision.Outcome, decision.Approvals));
        Assert.Contains(decision.Inputs, i => i == new DecisionInput("wish", finding.Word));
        // What was not encrypted, or not opened, is no affair of the wish.
        Assert.Equal(StepOutcome.Skip, new DecryptStep().Decide(Opened(o => o with { Wish = finding })).Outcome);
    }

    [Fact]
    public void A_changed_From_blocks_and_a_changed_Subject_is_for_a_person()
    {
        var step = new HeaderStep();
        var blocked = step.Decide(Opened(o => o with { Differences = [new HeaderDifference("Subject", DifferenceWeight.Suspicious), new HeaderDifference("From", DifferenceWeight.Blocking)] }));
        Assert.Equal((StepOutcome.Hold, 0), (blocked.Outcome, blocked.Approvals));
        Assert.Equal(["the outer From is not the one that was protected"], blocked.Reasons.AsEnumerable());
        var suspicious = step.Decide(Opened(o => o with { Differences = [new HeaderDifference("Subject", DifferenceWeight.Suspicious)] }));
        Assert.Equal((StepOutcome.Hold, 1), (suspicious.Outcome, suspicious.Approvals));
        Assert.Equal(StepOutcome.Go, step.Decide(Opened(o => o with { Differences = [new HeaderDifference("Received", DifferenceWeight.Benign)] })).Outcome);
    }

    [Fact]
    [Trait("Threat", "C10")]
    public void A_recipient_whom_the_originator_did_not_name_is_for_a_person()
    {
        var decision = new HeaderStep().Decide(Opened(o => o with { ProtectedRecipients = ["c@blue.test"] }));
        Assert.Equal((StepOutcome.Hold, 1), (decision.Outcome, decision.Approvals));
        Assert.Equal(["the protected header does not name recipient 1"], decision.Reasons.AsEnumerable());
        Assert.Equal(StepOutcome.Go, new HeaderStep().Decide(Opened(o => o with { ProtectedRecipients = ["B@BLUE.test"] })).Outcome);
        Assert.Equal(StepOutcome.Hold, new HeaderStep().Decide(Opened(o => o with { ProtectedRecipients = [] })).Outcome);
    }

    [Theory]
    [InlineData(CheckOutcome.Passed, StepOutcome.Go, 0)]
    [InlineData(CheckOutcome.Undecided, StepOutcome.Hold, 1)]
    [InlineData(CheckOutcome.Suspicious, StepOutcome.Hold, 1)]
    [InlineData(CheckOutcome.Blocked, StepOutcome.Hold, 2)]
    public void The_worst_verdict_counts(CheckOutcome worst, StepOutcome expected, int approvals)
    {
        var passage = Opened(o => o) with
        {
            Boundary = Boundary with { Checks = new Checker() }, Checks = [new CheckVerdict("a", CheckOutcome.Passed, []), new CheckVerdict("b", worst, ["found"])],
        };
        var decision = new CheckStep().Decide(passage);
        Assert.Equal((expected, approvals), (decision.Outcome, decision.Approvals));
    }

    [Fact]
    public void Silence_of_the_checks_is_no_verdict() =>
        Assert.Equal(StepOutcome.Hold, new CheckStep().Decide(Opened(o => o) with { Boundary = Boundary with { Checks = new Checker() } }).Outcome);

    [Theory]
    [InlineData(1, "1.2.1", StepOutcome.Go)]
    [InlineData(1, "1.2.2", StepOutcome.Hold)]
    [InlineData(4, "1.2.1", StepOutcome.Hold)]
    [InlineData(null, "1.2.1", StepOutcome.Hold)]
    [InlineData(null, null, StepOutcome.Hold)]
    public void Messages_above_a_classification_of_the_policy_and_without_one_are_released_by_persons(int? classification, string? policy, StepOutcome expected) =>
        Assert.Equal(
            expected,
            new ReleaseStep().Decide(Opened(o => o) with { Boundary = Boundary with { Release = new ReleaseRule([4, 5], 2, "1.2.1") }, Classification = classification, LabelPolicy = policy }).Outcome);

    [Fact]
    public void A_domain_signs_only_for_those_who_are_known()
    {
        var signs = Boundary with { Sign = new DepartureSigning("k") };
        var unknown = Opened(o => o with { Signature = SignatureFacts.None }) with { Boundary = signs };
        Assert.Equal(StepOutcome.Hold, new SigningStep().Decide(unknown).Outcome);
        Assert.Equal(StepOutcome.Go, new SigningStep().Decide(Opened(o => o) with { Boundary = signs }).Outcome);
        Assert.Equal(StepOutcome.Go, new SigningStep().Decide(unknown with { Boundary = signs with { SignUnauthenticated = true } }).Outcome);
    }

    [Theory]
    [InlineData("a", "ann@red.example", StepOutcome.Go)]
    [InlineData("a", "bob@red.example", StepOutcome.Hold)]
    [InlineData("a", "ann@red.example, bob@red.example", StepOutcome.Hold)]
    [InlineData("anybody", "ann@red.example", StepOutcome.Hold)]
    public void Who_logged_in_is_known_for_his_own_addresses(string account, string from, StepOutcome expected)
    {
        Assert.True(MailboxSet.TryRead(["ann@red.example"], out var own, out _));
        var passage = Opened(o => o with { Signature = SignatureFacts.None }) with { Boundary = Boundary with { Sign = new DepartureSigning("k") } };
        passage = passage with
        {
            Authors = MessageAuthors.Of(Encoding.ASCII.GetBytes($"From: {from}\r\n\r\n")),
            Configuration = passage.Configuration with { AccountAddresses = new Dictionary<string, MailboxSet> { ["a"] = own } },
            Envelope = passage.Envelope with { Origin = new Origin { Listener = "l", AuthenticatedAs = account } },
        };
        Assert.Equal(expected, new SigningStep().Decide(passage).Outcome);
    }

    [Theory]
    [InlineData(Precedence.Routine, Precedence.Routine)]
    [InlineData(Precedence.Flash, Precedence.Priority)]
    [Trait("Threat", "C12")]
    public void What_is_protected_lowers_a_precedence_and_never_raises_it(Precedence inside, Precedence expected) =>
        Assert.Equal(expected, Opened(o => o with { ProtectedPrecedence = inside }).PrecedenceOf(0));

    [Fact]
    public void What_is_not_known_is_a_reason_to_hold()
    {
        foreach (var step in new IPipelineStep[] { new ParseStep(), new VerifyStep(), new DecryptStep(), new HeaderStep() })
            Assert.Equal(StepOutcome.Hold, step.Decide(Opened(o => o) with { Opened = null }).Outcome);
    }

    private static StepOutcome PeerOutcome(BoundaryPeer peer, string client, string? identity, string? tls)
    {
        var passage = Opened(o => o);
        return new PeerStep().Decide(passage with
        {
            Boundary = Boundary with { Peers = [peer] },
            Envelope = passage.Envelope with { Origin = new Origin { Listener = "l", ClientAddress = client, AuthenticatedAs = identity, Tls = tls } },
        }).Outcome;
    }

    private static Passage Opened(Func<OpenedMessage, OpenedMessage> change) => new()
    {
        Id = default,
        Next = default,
        Envelope = new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("a@red.test")), Recipients = [new Recipient(Mailbox.Parse("b@blue.test"))], ArrivedAt = default,
            Origin = new Origin { Listener = "l", ClientAddress = "192.0.2.7" },
        },
        Recipients = [0], Boundary = Boundary, Configuration = SwitchHarness.Configuration(1), Now = default, Came = default, Opened = change(FakeBoundary.Good("Subject: s\r\n\r\n")), Authors = new MessageAuthors(["a@red.test"], true),
    };

    private sealed class Checker : IContentChecker
    {
        public ValueTask<ImmutableArray<CheckVerdict>> RunAsync(CheckSubject subject, CancellationToken cancellationToken) => new([]);
    }
}
