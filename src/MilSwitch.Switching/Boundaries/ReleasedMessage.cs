using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Boundaries;

/// <summary>
/// A message that may be in another security domain than the one it came from. Only a boundary makes one, at the end of a
/// passage in which every step, in its order, let the message go on; nothing else becomes a message of another domain.
/// </summary>
internal sealed class ReleasedMessage
{
    private ReleasedMessage(Passage passage, Envelope envelope, ReadOnlyMemory<byte> content) => (Passage, Envelope, Content) = (passage, envelope, content);

    public Passage Passage { get; }

    /// <summary>In the other domain.</summary>
    public Envelope Envelope { get; }

    /// <summary>A whole message.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>Releases a message at the end of its passage.</summary>
    /// <exception cref="InvalidOperationException">A step is missing, or did not let it go on.</exception>
    public static ReleasedMessage From(Passage passage)
    {
        if (!passage.Decisions.Select(d => d.Step).SequenceEqual(Crossing.StepNames) || passage.Decisions.Any(d => d.Outcome is not (StepOutcome.Go or StepOutcome.Skip)))
            throw new InvalidOperationException("A message crosses only when every step lets it go on.");
        var content = passage.Content;
        var came = passage.Envelope;
        var recipients = passage.Recipients.Select(i => Recipient(passage, i)).ToImmutableArray();
        var opened = passage.Opened!.Encryption is EncryptionState.Opened;
        var envelope = came with
        {
            Recipients = recipients,
            Domain = passage.Boundary.To.Name,
            Label = passage.Relabelled is { Label: { } label } ? new Domain.Labelling.MessageLabel(label)
                // What a report tells of a message is as sensitive as the message.
                : passage is { IsRewritten: true, Report.Original: { } about } && about.Envelope.Domain == passage.Boundary.To.Name ? about.Envelope.Label ?? passage.Label : passage.Label,
            Precedence = recipients.Max(r => r.Precedence),
            Body = content.Span.SequenceEqual(passage.Came.Span) ? came.Body : DeliveryReport.BodyOf(content.Span),
            OpenedHere = came.OpenedHere || opened,
            // RFC 3461 §4.3: what was opened here is returned by nobody.
            Return = came.OpenedHere || opened ? DsnReturn.Headers : came.Return,
            // What persons took their time over has the time of its level once more: it must not expire as soon as they let it go.
            ArrivedAt = passage.Decisions.Any(d => !d.ApprovedBy.IsEmpty) ? passage.Now : came.ArrivedAt,
            // The originator's own stays here; who reports on the copy names this one.
            EnvelopeId = passage.IsReport || passage.Configuration.EnvelopeTags is not { } keys ? came.EnvelopeId : EnvelopeTag.Make(passage.Next, passage.Boundary.To.Name, keys),
            // RFC 3886 §4.2: what becomes of the copy is told to nobody on this side.
            Tracking = null,
            // Who sent it is its own domain's affair.
            Origin = new Origin { Listener = (passage.IsRewritten ? Origin.Rewritten : Origin.Boundary) + passage.Boundary.Name },
        };
        // What the other domain knows of it is what the released header says; one that was let go although it is out of date is not held once more.
        envelope = MilitaryEnvelope.With(envelope, HeaderBlock.Scan(content, int.MaxValue, int.MaxValue));
        if (envelope.Expires <= passage.Now) envelope = envelope with { Expires = null };
        return new ReleasedMessage(passage, envelope, content);
    }

    // The same signature again is the same message again, whatever is written around it (threat C10).
    private static Recipient Recipient(Passage passage, int index)
    {
        var came = passage.Envelope.Recipients[index];
        var replay = passage.Opened!.ReplayKey;
        return came with
        {
            Precedence = passage.PrecedenceOf(index),
            Priority = passage.PrecedenceOf(index) == came.Precedence ? came.Priority : null,
            DuplicateKey = replay.IsEmpty || !passage.Configuration.Duplicates.Enabled
                ? null
                : DuplicateKey.Of(ReversePath.Null, passage.Boundary.Name, null, replay.Span, came.Address),
        };
    }
}
