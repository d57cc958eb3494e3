using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Boundaries;

/// <summary>What a boundary knows of something that says it is a report, and what becomes of it. Immutable.</summary>
/// <param name="Read">What it says.</param>
/// <param name="Decision">How it goes on, and whether it is believed.</param>
/// <param name="Sent">The message it is about, as the other side knows it; null: none is known.</param>
/// <param name="Original">The same as its originator knows it; null likewise.</param>
internal sealed record CrossingReport(BoundaryReport Read, BoundaryReportDecision Decision, StoredMessage? Sent, StoredMessage? Original)
{
    /// <summary>What the originator asked for beyond a report; null: no receipt.</summary>
    public ReceiptAsked? Asked { get; init; }

    /// <summary>Reads a report and looks for what it is about.</summary>
    /// <param name="spool">Has the messages.</param>
    /// <param name="passage">Opened.</param>
    public static async ValueTask<CrossingReport> OfAsync(ISpool spool, Passage passage)
    {
        var read = BoundaryReportReader.Read(passage.Content);
        MessageId copy = default;
        var isTagged = passage.Configuration.EnvelopeTags is { } keys && EnvelopeTag.TryRead(read.Delivery?.OriginalEnvelopeId, passage.Boundary.From.Name, keys, out copy);
        var sent = passage.IsOwn && passage.Parent is { } about ? await spool.ReadAsync(about).ConfigureAwait(false)
            : isTagged ? await spool.ReadAsync(copy).ConfigureAwait(false)
            : await NamedAsync(spool, passage, read.Disposition?.OriginalMessageId).ConfigureAwait(false);
        // A copy that a boundary released has the message that came as its parent.
        var original = sent is { Parent: { } parent, Envelope.ReversePath.IsNull: false } ? await spool.ReadAsync(parent).ConfigureAwait(false) ?? sent : sent;
        var facts = new BoundaryReportFacts(read.Kind)
        {
            IsWellFormed = read.IsWellFormed,
            HasNullReversePath = passage.IsReport,
            TagIsGood = isTagged || passage.IsOwn,
            DomainSignatureIsGood = passage.IsOwn || passage.Opened is { Signature: { State: SignatureState.Good } signature } && signature.Roles.HasFlag(SignerRole.Domain),
            Original = original?.Envelope.Precedence,
            Claimed = passage.Envelope.Precedence,
        };
        return new CrossingReport(read, ReportPolicyAtBoundary.Decide(facts, passage.Boundary.Reports, passage.Configuration.Precedences.Unmarked), sent, original)
        {
            Asked = sent is null ? null : await Crossing.AskedAsync(spool, sent.Id).ConfigureAwait(false),
        };
    }

    /// <summary>The report in its new form; null: it goes on as it is.</summary>
    /// <param name="passage">Its passage.</param>
    /// <param name="id">What the new report is called by.</param>
    public byte[]? Rewritten(Passage passage, MessageId id)
    {
        if (Decision.Treatment is not (ReportTreatment.Sanitise or ReportTreatment.Regenerate)) return null;
        var report = Decision.Treatment is ReportTreatment.Regenerate ? Known() : Read;
        return report is null ? null : ReportSanitiser.Write(report, new ReportRewriting
        {
            Host = passage.Configuration.HostName,
            From = passage.Configuration.Reports.From,
            To = passage.Envelope.Recipients[passage.Recipients[0]].Address,
            Id = id,
            EnvelopeId = Original?.Envelope.EnvelopeId,
            OriginalMessageId = Original?.MessageIdField,
            Now = passage.Now,
            Facts = Decision.Treatment is ReportTreatment.Regenerate && Original is { } about && about.Envelope.Domain == passage.Boundary.To.Name
                ? new OriginalFacts(about.Digest, about.Envelope.Precedence, Asked?.ContentIdentifier ?? default)
                : null,
        });
    }

    /// <summary>What is told to those who wait for an answer: by recipients of the message that was sent; empty when it is not believed.</summary>
    public IEnumerable<(int Recipient, AcknowledgmentInput Input)> Acknowledged(DateTimeOffset now)
    {
        if (!Decision.IsBelieved || Sent is not { } sent) yield break;
        if (Read.Delivery is { } delivery)
        {
            foreach (var matched in ReportMatch.Of(delivery, sent.Envelope)) yield return (matched.Index, new AcknowledgmentInput.Reported(matched.Action, now));
        }

        if (Read.Disposition is { } disposition && ReportMatch.Of(disposition, sent.Envelope) is { } index) yield return (index, new AcknowledgmentInput.Disposed(disposition.Disposition, now));
    }

    // Nothing of the report but what is true of recipients whom the original had, by the addresses its originator used.
    private BoundaryReport? Known()
    {
        if (Original is not { } original) return null;
        if (Read.Disposition is { } disposition)
            return ReportMatch.Of(disposition, original.Envelope) is { } index ? Read with { Disposition = disposition with { FinalRecipient = Address(index), OriginalRecipient = null } } : null;
        if (Read.Delivery is not { } delivery) return null;
        var known = ReportMatch.Of(delivery, original.Envelope);
        return known.IsEmpty ? null : Read with
        {
            Delivery = delivery with { Recipients = [.. known.Select(m => new ReceivedRecipientReport(Address(m.Index), null, m.Action, m.Status, null, null))] },
        };

        string Address(int index) => original.Envelope.Recipients[index].Address.Text;
    }

    // Without a tag a Message-ID leads to it: to the copy that is in the domain the report comes from.
    private static async ValueTask<StoredMessage?> NamedAsync(ISpool spool, Passage passage, string? messageId)
    {
        if (messageId is null) return null;
        var named = await spool.QueryAsync(new MessageQuery { MessageIdField = messageId, Limit = 10 }).ConfigureAwait(false);
        return named.FirstOrDefault(m => m.Envelope.Domain == passage.Boundary.From.Name && !m.Envelope.ReversePath.IsNull);
    }
}
