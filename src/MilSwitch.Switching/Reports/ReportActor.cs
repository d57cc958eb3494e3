using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Akka.Actor;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels.Carriers;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Reports;

/// <summary>A report is to be made; answered with <see cref="ReportAnswer"/>.</summary>
/// <param name="Original">The message reported on.</param>
/// <param name="Id">The report's own id.</param>
/// <param name="Head">The original's first octets, or all of them.</param>
/// <param name="HeadIsWhole">All of them.</param>
internal sealed record MakeReport(MessageId Original, MessageId Id, Envelope Envelope, ReportDue Due, ReadOnlyMemory<byte> Head, bool HeadIsWhole) : ILocalMessage;

/// <summary>The report, ready to be committed; null when the limit for its originator is reached.</summary>
internal sealed record ReportAnswer(NewMessage? Report) : ILocalMessage;

/// <summary>Makes delivery reports and keeps their number per originator within bounds, so that the switch is no amplifier.</summary>
internal sealed class ReportActor : UntypedActor
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private const int OriginatorsToRemember = 100_000;

    private readonly SwitchRuntime runtime;
    private readonly Dictionary<string, int> sent = new(StringComparer.OrdinalIgnoreCase);
    private DateTimeOffset windowStart;

    public ReportActor(SwitchRuntime runtime)
    {
        this.runtime = runtime;
        windowStart = runtime.Now;
    }

    public static Props Props(SwitchRuntime runtime) => Akka.Actor.Props.Create(typeof(ReportActor), runtime);

    protected override void OnReceive(object message)
    {
        if (message is not MakeReport make)
        {
            Unhandled(message);
            return;
        }

        var sender = Sender;
        if (!MayReport(make.Envelope.ReversePath.ToString()))
        {
            runtime.Meters.CountSuppressedReport();
            sender.Tell(new ReportAnswer(null));
            return;
        }

        MakeAsync(make).PipeTo(sender, success: made => made);
    }

    private bool MayReport(string originator)
    {
        if (runtime.Now - windowStart >= Window || sent.Count >= OriginatorsToRemember)
        {
            sent.Clear();
            windowStart = runtime.Now;
        }

        var count = sent.GetValueOrDefault(originator) + 1;
        sent[originator] = count;
        return count <= runtime.Configuration.Reports.PerOriginatorAndHour;
    }

    private async Task<ReportAnswer> MakeAsync(MakeReport make)
    {
        var configuration = runtime.Configuration;
        // What came encrypted is told of in headers only, and encrypted again where the settings say how.
        var encrypted = make.Envelope.OpenedHere || EncryptedContent.IsIn(make.Head);
        var original = encrypted ? make.Envelope with { Return = DsnReturn.Headers } : make.Envelope;
        var to = original.ReversePath.Mailbox!;
        var now = runtime.Now;
        // The report inherits the precedence of what it reports on (RFC 6710 §4.6).
        var inherited = make.Due.Recipients.Select(r => original.Recipients[r.Index]).MaxBy(r => r.Precedence)!;
        var precedence = inherited.Precedence;
        var octets = DeliveryReport.Write(new ReportRequest
        {
            ReportingMta = configuration.HostName,
            From = configuration.Reports.From.Length > 0 ? configuration.Reports.From : $"postmaster@{configuration.HostName}",
            To = to,
            Id = make.Id,
            Original = original,
            Action = make.Due.Action,
            Recipients =
            [
                .. make.Due.Recipients.Select(r => new ReportedRecipient(
                    original.Recipients[r.Index], r.Reply, r.RemoteMta, StatusOf(make.Due.Action, r.Reply), r.WillRetryUntil, now)),
            ],
            OriginalHead = make.Head,
            HeadIsWhole = make.HeadIsWhole,
            MayReturnContent = make.Head.Length <= configuration.Reports.MaximumReturnedOctets,
            OriginalDigest = await DigestAsync(make).ConfigureAwait(false),
            Precedence = precedence,
            ContentIdentifier = await ContentIdentifierAsync(make.Original).ConfigureAwait(false),
            FinalLogId = make.Original.ToString(),
            Now = now,
        });
        if (original.Label is { } label) octets = Labelled(octets, label);
        await using var writer = runtime.Spool.CreateContent();
        await writer.WriteAsync(octets).ConfigureAwait(false);
        var content = await writer.CompleteAsync().ConfigureAwait(false);
        var envelope = new Envelope
        {
            ReversePath = ReversePath.Null,
            Recipients =
            [
                new Recipient(to)
                {
                    Notify = NotifyOptions.Never, Precedence = precedence, Priority = inherited.Priority,
                },
            ],
            Body = DeliveryReport.BodyOf(octets),
            SmtpUtf8 = to.NeedsUtf8,
            RequireTls = original.RequireTls,
            TlsOptional = original.TlsOptional,
            Priority = inherited.Priority,
            Precedence = precedence,
            // What a report tells of a message is as sensitive as the message.
            Label = original.Label,
            OpenedHere = encrypted,
            Domain = original.Domain,
            ArrivedAt = now,
            // What was wrong with a message's protection is not to be told from when the answer comes either.
            HoldUntil = make.Due.Recipients.Any(r => r.Reply == PublicAnswer.Returned) ? PublicAnswer.At(original.ArrivedAt, now) : null,
            Origin = new Origin { Listener = Origin.Switch },
        };
        return new ReportAnswer(new NewMessage(
            make.Id, envelope, ReadOnlyMemory<byte>.Empty, content, $"<{make.Id}@{configuration.HostName}>", RecipientState.Queued, make.Original));
    }

    // SHA-384 over what was accepted, where it is at hand; else the store's own digest of it.
    private async Task<ReadOnlyMemory<byte>> DigestAsync(MakeReport make) =>
        make.HeadIsWhole && !make.Head.IsEmpty ? SHA384.HashData(make.Head.Span) : await runtime.Spool.ReadAsync(make.Original).ConfigureAwait(false) is { } stored ? stored.Digest : default;

    private async Task<ReadOnlyMemory<byte>> ContentIdentifierAsync(MessageId original)
    {
        try
        {
            return await runtime.Spool.ReadDocumentAsync(ReceiptAsked.Kind, original.ToString()).ConfigureAwait(false) is { } json ? ReceiptAsked.Read(json).ContentIdentifier : default;
        }
        catch (JsonException)
        {
            // The report is due all the same.
            return default;
        }
    }

    internal static byte[] Labelled(byte[] report, MessageLabel label) => LabelFields.Replace(
        report, HeaderBlock.Scan(report, int.MaxValue, int.MaxValue), SioLabel.Of(EssLabel.Read(label.Encoded)).Format(), null);

    // RFC 3464 §2.3.4: the class tells the action, whatever the class of the reply that led to it.
    private static EnhancedStatusCode StatusOf(ReportAction action, Reply reply) => reply.EffectiveStatus.InClass(action switch
    {
        ReportAction.Failed => 5,
        ReportAction.Delayed => 4,
        _ => 2,
    });
}
