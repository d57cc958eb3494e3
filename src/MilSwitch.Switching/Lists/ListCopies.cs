using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Lists;

/// <summary>The messages that come of one to a list or a profiler. Pure.</summary>
/// <param name="configuration">In force.</param>
/// <param name="distributor">The list or the profiler.</param>
/// <param name="stored">What came to it.</param>
/// <param name="of">It among the recipients: what a copy's have of it besides their addresses.</param>
/// <param name="origin">By what the message is known again that came first: who gets it once does not get it twice.</param>
/// <param name="label">By which the copies are handled; null: none.</param>
/// <param name="now">The time.</param>
internal sealed class ListCopies(SwitchConfiguration configuration, Distributor distributor, StoredMessage stored, Recipient of, string origin, MessageLabel? label, DateTimeOffset now)
{
    /// <summary>Name of the trace field with the address of a list or profiler that distributed the message.</summary>
    public const string Mark = "X-MilSwitch-Expanded";

    /// <summary>Copies of different kinds are no duplicates of each other.</summary>
    public string Kind { get; init; } = "list";

    /// <summary>Further trace fields, each ending in CRLF.</summary>
    public string Fields { get; init; } = "";

    /// <summary>Signer and digest, where it was signed well (whatever was put around it since, threat C10), else the id of the first message.</summary>
    public static string OriginOf(ListLineage lineage, OpenedMessage? opened) =>
        opened is { ReplayKey.IsEmpty: false } ? Convert.ToHexString(opened.ReplayKey.Span) : lineage.Root.ToString();

    /// <summary>For members.</summary>
    /// <param name="id">Its own.</param>
    /// <param name="members">At least one.</param>
    /// <param name="octets">What they get.</param>
    /// <param name="content">The same, staged.</param>
    /// <param name="anew">A person let it go: it has the time of its level once more, and does not expire at once.</param>
    public NewMessage Copy(MessageId id, ImmutableArray<Mailbox> members, ReadOnlyMemory<byte> octets, StagedContent content, bool anew)
    {
        var came = stored.Envelope;
        var recipients = members.Select(m => new Recipient(m)
        {
            Role = of.Role, Precedence = of.Precedence, Priority = of.Priority,
            // RFC 3461 §5.2.7.1 (b), §5.2.7.3 (b): success was told of already.
            Notify = distributor.Owner is null ? WithoutSuccess(of.Notify) : NotifyOptions.Unspecified,
            OriginalRecipient = distributor.Owner is null ? of.OriginalRecipient : null,
            DuplicateKey = KeyFor(m),
        }).ToImmutableArray();
        var envelope = came with
        {
            Recipients = recipients,
            ReversePath = distributor.Owner is { } owner ? new ReversePath(owner) : came.ReversePath,
            Precedence = of.Precedence,
            Label = label,
            EnvelopeId = distributor.Owner is null ? came.EnvelopeId : null,
            // RFC 3885 §3.3: never to members.
            Tracking = null,
            Return = came.OpenedHere || distributor.Opens ? DsnReturn.Headers : distributor.Owner is null ? came.Return : DsnReturn.Unspecified,
            // RFC 2852 §4.1.4: its deadline was that of this address.
            DeliverBy = distributor.Owner is null ? came.DeliverBy : null,
            HoldUntil = null,
            // One that was let go although it is out of date is not held once more.
            Expires = came.Expires <= now ? null : came.Expires,
            ArrivedAt = anew ? now : came.ArrivedAt,
            SmtpUtf8 = came.SmtpUtf8 || members.Any(m => m.NeedsUtf8),
            Body = distributor.Remakes ? DeliveryReport.BodyOf(octets.Span) : came.Body,
            // Who sent it is judged at boundaries behind the list, too.
            Origin = came.Origin with { Listener = distributor.Source },
        };
        byte[] trace = [.. TraceFields.Crossed(configuration.HostName, id, now), .. Encoding.UTF8.GetBytes($"{Mark}: {distributor.Address.Text}\r\n{Fields}"), .. stored.Trace.Span];
        return new NewMessage(id, envelope, trace, content, stored.MessageIdField, RecipientState.Queued, stored.Id);
    }

    /// <summary>What came, for the list once more: held, because some members can't have it now.</summary>
    public NewMessage LeftOver(MessageId id, StagedContent content, string reason)
    {
        var came = stored.Envelope;
        var envelope = came with { Recipients = [of with { DuplicateKey = null, Notify = NotifyOptions.Never }], Precedence = of.Precedence, Tracking = null };
        return new NewMessage(id, envelope, stored.Trace, content, stored.MessageIdField, RecipientState.Held, stored.Id) { HeldBecause = reason };
    }

    // Each member gets one copy of one message, over however many lists; a list that can be reached in many ways distributes once.
    private UInt128? KeyFor(Mailbox member) => configuration.Duplicates.Enabled || configuration.DistributorAt(member) is not null
        ? DuplicateKey.Of(ReversePath.Null, Kind, origin, [], member)
        : null;

    private static NotifyOptions WithoutSuccess(NotifyOptions asked)
    {
        if (!asked.HasFlag(NotifyOptions.Success)) return asked;
        var rest = asked & ~NotifyOptions.Success;
        return rest is NotifyOptions.Unspecified ? NotifyOptions.Never : rest;
    }
}
