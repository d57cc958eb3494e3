using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Switching.Boundaries;

/// <summary>A message on its way through a boundary, with all that is known of it at this step. Immutable: each step's work makes the next one.</summary>
internal sealed record Passage
{
    public required MessageId Id { get; init; }

    public required Envelope Envelope { get; init; }

    /// <summary>The message it was made from, or reports on; null: it was received.</summary>
    public MessageId? Parent { get; init; }

    /// <summary>The id it gets when it crosses.</summary>
    public required MessageId Next { get; init; }

    /// <summary>Numbers of the recipients it is about.</summary>
    public required ImmutableArray<int> Recipients { get; init; }

    public required BoundarySettings Boundary { get; init; }

    public required SwitchConfiguration Configuration { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>As it is stored.</summary>
    public required ReadOnlyMemory<byte> Came { get; init; }

    /// <summary>What persons said about earlier attempts.</summary>
    public ImmutableArray<BoundaryApproval> Approvals { get; init; } = [];

    /// <summary>As it is at this step.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    public OpenedMessage? Opened { get; init; }

    /// <summary>A key that is needed to open it is away: why; null: none is.</summary>
    public string? Away { get; init; }

    /// <summary>Who wrote it, as the opened message says; null: nobody looked yet.</summary>
    public MessageAuthors? Authors { get; init; }

    /// <summary>What is known of a report; null: it is none, or nobody looked yet.</summary>
    public CrossingReport? Report { get; init; }

    /// <summary>The report was written anew.</summary>
    public bool IsRewritten { get; init; }

    /// <summary>What the label under the policies of its own domain is; null: nothing there asks for labels, or nobody looked yet.</summary>
    public ArrivalLabelDecision? Found { get; init; }

    /// <summary>The label by which it is handled.</summary>
    public MessageLabel? Label { get; init; }

    /// <summary>Its classification; null: it has no label, or none that can be read.</summary>
    public int? Classification { get; init; }

    /// <summary>Object identifier of the policy in which that is a number; null without a label.</summary>
    public string? LabelPolicy { get; init; }

    /// <summary>Whether it may go, by recipient; empty: nobody asks.</summary>
    public ImmutableArray<(int Recipient, LabelVerdict Verdict)> Permits { get; init; } = [];

    public ImmutableArray<CheckVerdict> Checks { get; init; } = [];

    /// <summary>As it is labelled on the other side; null: labels are not written there.</summary>
    public DepartureLabels? Relabelled { get; init; }

    public string? RelabelFault { get; init; }

    /// <summary>Header fields that were taken out, by name.</summary>
    public ImmutableArray<string> Undisclosed { get; init; } = [];

    /// <summary>Received fields of this switch: how often it came by.</summary>
    public int OwnHops { get; init; }

    public DepartureOutcome? Departure { get; init; }

    /// <summary>Its Message-ID; null: it has none.</summary>
    public string? MessageIdField { get; init; }

    /// <summary>What is kept of the originator's request for a receipt, when the copy asks for one in its place; null: it does not.</summary>
    public ReceiptAsked? Asked { get; init; }

    /// <summary>Receipts that originators are given when it crosses.</summary>
    public ImmutableArray<OriginatorReceipt> Answers { get; init; } = [];

    /// <summary>Why one of them could not be made; null: all were.</summary>
    public DepartureOutcome? AnswerFault { get; init; }

    /// <summary>What was done, for the audit trail.</summary>
    public ImmutableArray<ProtectionNote> Notes { get; init; } = [];

    public ImmutableArray<StepDecision> Decisions { get; init; } = [];

    public ImmutableArray<CustodyRecord> Custody { get; init; } = [];

    /// <summary>A report: it has nobody to go back to.</summary>
    public bool IsReport => Envelope.ReversePath.IsNull;

    /// <summary>The switch made it itself.</summary>
    public bool IsOwn => Envelope.Origin is { Listener: Origin.Switch, ClientAddress: "" };

    public bool IsSignedWell => Opened is { Signature.State: SignatureState.Good };

    /// <summary>The level at which it is handled on the other side: what the protected header asks for may lower it, never raise it.</summary>
    public Precedence PrecedenceOf(int recipient)
    {
        var asked = Envelope.Recipients[recipient].Precedence;
        // RFC 6710 §4.6: what a report asks for counts as far as it is proven.
        if (Report is { } report && report.Decision.Precedence < asked) return report.Decision.Precedence;
        return Opened?.ProtectedPrecedence is { } inside && inside < asked ? inside : asked;
    }

    public ImmutableArray<Mailbox> Addresses => [.. Recipients.Select(i => Envelope.Recipients[i].Address)];

    /// <summary>The passage with other octets and with a link in its chain of custody.</summary>
    /// <param name="content">The whole message.</param>
    /// <param name="act">As <see cref="CustodyRecord.Act"/> names it.</param>
    /// <param name="step">By which step.</param>
    /// <param name="reason">Why.</param>
    public Passage Changed(ReadOnlyMemory<byte> content, string act, string step, string reason)
    {
        // That it was let go, and by whom, is told also where nothing was changed.
        if (Custody.Length > 0 && act is not "released" && content.Span.SequenceEqual(Content.Span)) return this;
        var before = Custody.IsEmpty ? "" : Custody[^1].After;
        var after = CustodyChain.Digest(content);
        string[] approvers = Decisions.All(d => d.ApprovedBy.IsEmpty) ? [] : [.. Decisions.SelectMany(d => d.ApprovedBy).Distinct()];
        var record = new CustodyRecord(
            0, Now, Id.ToString(), act, before, after, $"{Boundary.Name}/{step}", reason, approvers.Length is 0 ? Configuration.Node : string.Join(", ", approvers), "");
        return this with { Content = content, Custody = CustodyChain.Append(Custody, record) };
    }
}
