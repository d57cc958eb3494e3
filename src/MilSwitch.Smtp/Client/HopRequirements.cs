using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Client;

/// <summary>What a message needs from a hop, and the permanent failure when the hop lacks it. Pure.</summary>
internal static class HopRequirements
{
    /// <summary>RFC 6152 §3: the content has octets beyond ASCII and the hop takes none.</summary>
    public static Reply EightBitRefused { get; } = Own(554, 6, 3, "the next hop does not take 8-bit content");

    /// <summary>A bare CR or LF; see <see cref="ContentScan"/>.</summary>
    public static Reply BareLineEnd { get; } = Own(554, 6, 0, "the content has a bare CR or LF");

    private static readonly Reply TlsMissing = Own(550, 7, 10, "encryption with a verified certificate is needed");
    private static readonly Reply HostUnauthenticated = Own(550, 7, 30, "the MX records that name the next hop are not authenticated");
    private static readonly Reply RequireTlsMissing = Own(550, 7, 30, "the next hop does not offer REQUIRETLS");
    private static readonly Reply TooLarge = Own(552, 3, 4, "the message is larger than the next hop takes");
    private static readonly Reply BinaryRefused = Own(554, 6, 3, "the next hop does not take binary content");
    private static readonly Reply Utf8Refused = Own(553, 6, 7, "the next hop does not take internationalised mail");
    private static readonly Reply DeliverByMissing = Own(554, 3, 3, "the next hop does not offer DELIVERBY");
    private static readonly Reply DeliverByExpired = Own(554, 4, 7, "delivery time expired");
    private static readonly Reply DeliverByTooShort = Own(554, 4, 7, "the next hop needs more time than is left");

    private static readonly Reply[] Lacks =
        [HostUnauthenticated, TlsMissing, RequireTlsMissing, TooLarge, BinaryRefused, Utf8Refused, EightBitRefused, DeliverByMissing, DeliverByTooShort];

    /// <summary>The reply is one of those above that speak of the hop and not of the message alone.</summary>
    public static bool IsLack(Reply reply) => Array.Exists(Lacks, lack => ReferenceEquals(lack, reply));

    /// <summary>Why the hop can't get the message at all; null when it can.</summary>
    /// <param name="envelope">The whole envelope.</param>
    /// <param name="target">The hop.</param>
    /// <param name="hop">What it offers.</param>
    /// <param name="tlsVerified">The connection is encrypted and the hop's certificate was found good.</param>
    /// <param name="size">Octets to be sent.</param>
    /// <param name="scan">The result of looking at the whole content; null when it is not known yet.</param>
    /// <param name="now">The time of sending.</param>
    public static Reply? Refusal(
        Envelope envelope, HopTarget target, HopCapabilities hop, bool tlsVerified, long size, ContentScan? scan, DateTimeOffset now)
    {
        // RFC 8689 §5: a report with an empty reverse path is better sent unprotected than lost.
        if (envelope.RequireTls && !envelope.ReversePath.IsNull)
        {
            // §4.2.1 step 2: whoever can forge the records has a good certificate for the host they name.
            if (target.IsUnauthenticated) return HostUnauthenticated;
            if (!tlsVerified) return TlsMissing;
            if (!hop.RequireTls) return RequireTlsMissing;
        }

        if (hop.MaximumSize is { } most && size > most) return TooLarge;
        // RFC 3030 §3: never, under any circumstances, binary data to a hop that does not take it.
        if (envelope.Body == BodyType.BinaryMime && !(hop.BinaryMime && hop.Chunking)) return BinaryRefused;
        if (envelope.Body != BodyType.BinaryMime && scan is { BareLineEnd: true }) return BareLineEnd;
        if (!hop.SmtpUtf8 && NeedsUtf8(envelope, scan)) return Utf8Refused;
        if (envelope.Body != BodyType.BinaryMime && !hop.EightBitMime && scan is { EightBit: true }) return EightBitRefused;
        return envelope.DeliverBy is { Mode: DeliverByMode.Return } by ? DeliverByRefusal(by, hop, now) : null;
    }

    /// <summary>Why one recipient can't be sent to the hop; null when it can.</summary>
    public static Reply? Refusal(Recipient recipient, HopCapabilities hop) =>
        !hop.SmtpUtf8 && recipient.Address.NeedsUtf8 ? Utf8Refused : null;

    /// <summary>
    /// RFC 6531 §3.6: a message that came with SMTPUTF8 need not be internationalised; one that is ASCII throughout is not.
    /// </summary>
    private static bool NeedsUtf8(Envelope envelope, ContentScan? scan) =>
        envelope.ReversePath.Mailbox is { NeedsUtf8: true } || (envelope.SmtpUtf8 && scan is not { EightBit: false });

    // RFC 2852 §4.1.4.1.
    private static Reply? DeliverByRefusal(DeliverBy by, HopCapabilities hop, DateTimeOffset now)
    {
        var left = by.Deadline - now;
        if (left < TimeSpan.FromSeconds(1)) return DeliverByExpired;
        if (!hop.DeliverBy) return DeliverByMissing;
        return hop.MinimumDeliverBy > left ? DeliverByTooShort : null;
    }

    private static Reply Own(int code, short subject, short detail, string text) =>
        new(code, new EnhancedStatusCode(5, subject, detail), text);
}
