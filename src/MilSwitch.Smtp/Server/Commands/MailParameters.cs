using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Syntax;

namespace MilSwitch.Smtp.Server.Commands;

/// <summary>What the parameters of one MAIL said so far.</summary>
internal struct MailDraft
{
    public long? Size;
    public BodyType Body;
    public bool SmtpUtf8;
    public bool RequireTls;
    public DsnReturn Return;
    public string? EnvelopeId;
    public TrackingRequest? Tracking;
    public MtPriority? Priority;
    public DeliverBy? DeliverBy;
    public DateTimeOffset? HoldUntil;
}

/// <summary>The parameters of MAIL as rows: keyword, the extension it belongs to, how it is read.</summary>
internal static class MailParameters
{
    /// <summary>RFC 2852 §4: nine digits.</summary>
    private const int MostSeconds = 999_999_999;

    private static readonly Row[] Rows =
    [
        new("SIZE", Extensions.Size, Size, Replies.ArgumentSyntax),
        new("BODY", Extensions.EightBitMime, Body, Replies.ArgumentSyntax),
        new("SMTPUTF8", Extensions.SmtpUtf8, SmtpUtf8, Replies.ArgumentSyntax),
        new("RET", Extensions.Dsn, Return, Replies.ArgumentSyntax),
        new("ENVID", Extensions.Dsn, EnvelopeId, Replies.ArgumentSyntax),
        // RFC 6710 §4.1 rule 1 names 5.5.2 for bad syntax and for a repeated parameter.
        new("MT-PRIORITY", Extensions.MtPriority, Priority, Replies.PrioritySyntax),
        new("BY", Extensions.DeliverBy, By, Replies.ArgumentSyntax),
        new("HOLDFOR", Extensions.FutureRelease, HoldFor, Replies.ArgumentSyntax),
        new("HOLDUNTIL", Extensions.FutureRelease, HoldUntil, Replies.ArgumentSyntax),
        new("MTRK", Extensions.Tracking, Tracking, Replies.ArgumentSyntax),
        new("REQUIRETLS", Extensions.RequireTls, RequireTls, Replies.ArgumentSyntax),
        new("AUTH", Extensions.Auth, Submitter, Replies.ArgumentSyntax),
    ];

    private delegate SmtpReply? Reader(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft);

    /// <summary>Reads them all. Null: good. Never throws.</summary>
    public static SmtpReply? Read(ReadOnlySpan<byte> parameters, Extensions offered, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        var seen = 0u;
        while (CommandText.TryTakeParameter(ref parameters, out var keyword, out var value, out var hasValue))
        {
            var index = Find(keyword);
            if (index < 0 || (offered & Rows[index].Extension) == 0) return Replies.UnknownParameter;
            var row = Rows[index];
            if ((seen & (1u << index)) != 0) return row.Repeated;
            seen |= 1u << index;
            if (row.Read(value, hasValue, settings, now, ref draft) is { } refusal) return refusal;
        }

        // RFC 3885 §3.2: only an ENVID that no other message has can be asked for.
        if (draft.Tracking is not null && (draft.EnvelopeId is null || !TrackingRequest.IsUnique(draft.EnvelopeId))) return Replies.TrackingNeedsEnvelopeId;
        // RFC 4865 §5.2: a hold that ends after the deliver-by time can't be honoured.
        if (draft is { HoldUntil: { } hold, DeliverBy: { } by } && hold > by.Deadline) return Replies.ArgumentSyntax;
        return null;
    }

    private static int Find(ReadOnlySpan<byte> keyword)
    {
        for (var i = 0; i < Rows.Length; i++)
            if (Ascii.EqualsIgnoreCase(keyword, Rows[i].Keyword)) return i;
        return -1;
    }

    // RFC 1870 §4: 1*20DIGIT. What exceeds 64 bits exceeds any limit.
    private static SmtpReply? Size(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        if (value.Length is 0 or > 20 || value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) return Replies.ArgumentSyntax;
        if (!CommandText.TryNumber(value, 20, out var size) || size > settings.Limits.MessageSize) return Replies.MessageTooLarge;
        draft.Size = size;
        return null;
    }

    // RFC 6152 §2, RFC 3030 §3.
    private static SmtpReply? Body(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        if (Ascii.EqualsIgnoreCase(value, "7BIT"u8)) draft.Body = BodyType.SevenBit;
        else if (Ascii.EqualsIgnoreCase(value, "8BITMIME"u8)) draft.Body = BodyType.EightBitMime;
        else if (Ascii.EqualsIgnoreCase(value, "BINARYMIME"u8)) draft.Body = BodyType.BinaryMime;
        else return Replies.ArgumentSyntax;
        return null;
    }

    // RFC 6531 §3.4: no value.
    private static SmtpReply? SmtpUtf8(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        draft.SmtpUtf8 = true;
        return hasValue ? Replies.ArgumentSyntax : null;
    }

    // RFC 3461 §4.3.
    private static SmtpReply? Return(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        if (Ascii.EqualsIgnoreCase(value, "FULL"u8)) draft.Return = DsnReturn.Full;
        else if (Ascii.EqualsIgnoreCase(value, "HDRS"u8)) draft.Return = DsnReturn.Headers;
        else return Replies.ArgumentSyntax;
        return null;
    }

    // RFC 3461 §4.4: xtext of up to 100 characters.
    private static SmtpReply? EnvelopeId(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        if (value.Length is 0 or > 100 || !Xtext.TryDecode(value, out var decoded)) return Replies.ArgumentSyntax;
        draft.EnvelopeId = decoded;
        return null;
    }

    // RFC 3885 §3.1: certifier [":" 1*9DIGIT]. The longest time is the site's.
    private static SmtpReply? Tracking(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        var colon = value.IndexOf((byte)':');
        if (!TrackingCertifier.TryParse(colon < 0 ? value : value[..colon], out var certifier)) return Replies.ArgumentSyntax;
        var kept = settings.TrackingRetention ?? TimeSpan.Zero;
        if (colon >= 0)
        {
            if (!CommandText.TryNumber(value[(colon + 1)..], 9, out var seconds)) return Replies.ArgumentSyntax;
            if (seconds < kept.TotalSeconds) kept = TimeSpan.FromSeconds(seconds);
        }

        draft.Tracking = new TrackingRequest(certifier, now + kept);
        return null;
    }

    private static SmtpReply? Priority(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        if (value.Length is 0 or > 2) return Replies.PrioritySyntax;
        Span<char> text = stackalloc char[2];
        for (var i = 0; i < value.Length; i++) text[i] = (char)value[i];
        if (!MtPriority.TryParse(text[..value.Length], out var priority)) return Replies.PrioritySyntax;
        draft.Priority = priority;
        return null;
    }

    // RFC 2852 §4: ["-" / "+"]1*9digit ";" mode [trace]; R needs a positive time.
    private static SmtpReply? By(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        var semicolon = value.IndexOf((byte)';');
        if (semicolon < 1) return Replies.ArgumentSyntax;
        var time = value[..semicolon];
        var flags = value[(semicolon + 1)..];
        var negative = time[0] == '-';
        if (negative || time[0] == '+') time = time[1..];
        if (!CommandText.TryNumber(time, 9, out var seconds)) return Replies.ArgumentSyntax;
        if (negative) seconds = -seconds;
        if (flags.Length is < 1 or > 2 || (flags.Length is 2 && (flags[1] | 0x20) != 't')) return Replies.ArgumentSyntax;
        DeliverByMode mode;
        switch (flags[0] | 0x20)
        {
            case 'r':
                mode = DeliverByMode.Return;
                break;
            case 'n':
                mode = DeliverByMode.Notify;
                break;
            default:
                return Replies.ArgumentSyntax;
        }

        if (Fault(mode, seconds, settings) is { } fault) return fault;
        draft.DeliverBy = new DeliverBy(now.AddSeconds(seconds), mode, flags.Length is 2);
        return null;
    }

    /// <summary>What is wrong with a time by which a message is to be delivered (RFC 2852 §4); null: nothing.</summary>
    /// <param name="mode">What happens then.</param>
    /// <param name="seconds">From now on; below zero: it has passed.</param>
    /// <param name="settings">The listener's.</param>
    internal static SmtpReply? Fault(DeliverByMode mode, double seconds, SmtpListenerSettings settings) => mode switch
    {
        _ when Math.Abs(seconds) > MostSeconds => Replies.ArgumentSyntax,
        DeliverByMode.Return when seconds <= 0 => Replies.ArgumentSyntax,
        DeliverByMode.Return when seconds < settings.MinimumDeliverBy.TotalSeconds => Replies.DeliverByTooShort,
        _ => null,
    };

    // RFC 4865 §3: 1-999999999 seconds.
    private static SmtpReply? HoldFor(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        if (draft.HoldUntil is not null) return Replies.ArgumentSyntax;
        if (!CommandText.TryNumber(value, 9, out var seconds) || value[0] == '0') return Replies.ArgumentSyntax;
        if (seconds > settings.MaximumHold.TotalSeconds) return Replies.HoldTooLong;
        draft.HoldUntil = now.AddSeconds(seconds);
        return null;
    }

    // RFC 4865 §3: a date-time of RFC 3339 in UTC.
    private static SmtpReply? HoldUntil(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        if (draft.HoldUntil is not null || value.Length is < 20 or > 30 || !Ascii.IsValid(value)) return Replies.ArgumentSyntax;
        var text = Encoding.ASCII.GetString(value).ToUpperInvariant();
        if (!DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"],
                CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until)) return Replies.ArgumentSyntax;
        if (until - now > settings.MaximumHold) return Replies.HoldTooLong;
        draft.HoldUntil = until;
        return null;
    }

    // RFC 8689 §2: no value.
    private static SmtpReply? RequireTls(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        draft.RequireTls = true;
        return hasValue ? Replies.ArgumentSyntax : null;
    }

    // RFC 4954 §5: read and dropped, since no client is trusted to name another submitter; relays then say AUTH=<>.
    private static SmtpReply? Submitter(ReadOnlySpan<byte> value, bool hasValue, SmtpListenerSettings settings, DateTimeOffset now, ref MailDraft draft)
    {
        if (value.Length is 0 || !Xtext.TryDecode(value, out var decoded)) return Replies.ArgumentSyntax;
        return decoded is "<>" || Mailbox.TryParse(decoded, allowUtf8: false, out _, out _) ? null : Replies.ArgumentSyntax;
    }

    private sealed record Row(string Keyword, Extensions Extension, Reader Read, SmtpReply Repeated);
}
