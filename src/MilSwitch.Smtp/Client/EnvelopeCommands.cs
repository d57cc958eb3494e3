using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Smtp.Client;

/// <summary>Writes MAIL and RCPT with the parameters that the hop understands. Pure but for the buffer.</summary>
internal static class EnvelopeCommands
{
    // RFC 2852 §4: nine digits.
    private const long LongestDeliverBy = 999_999_999;

    public static void AppendMail(
        OutputBuffer output, Envelope envelope, HopCapabilities hop, bool smtpUtf8, bool eightBit, MtPriority priority, long size, DateTimeOffset now)
    {
        output.Append("MAIL FROM:<"u8);
        if (envelope.ReversePath.Mailbox is { } reversePath) output.AppendArgument(reversePath.Text);
        output.Append((byte)'>');
        if (hop.Size)
        {
            output.Append(" SIZE="u8);
            output.Append(size);
        }

        if (envelope.Body == BodyType.BinaryMime) output.Append(" BODY=BINARYMIME"u8);
        else if (eightBit && hop.EightBitMime) output.Append(" BODY=8BITMIME"u8);
        if (smtpUtf8) output.Append(" SMTPUTF8"u8);
        if (envelope.RequireTls && hop.RequireTls) output.Append(" REQUIRETLS"u8);
        if (hop.MtPriority)
        {
            // RFC 6710 §4.2: the value asked for, not the level it is handled at.
            output.Append(" MT-PRIORITY="u8);
            output.Append(priority.Value);
        }

        if (envelope.DeliverBy is { } by && hop.DeliverBy) AppendDeliverBy(output, by, now);
        if (hop.Dsn) AppendDsn(output, envelope);
        if (Tracking(envelope, hop, now) is { } tracking)
        {
            output.Append(" MTRK="u8);
            output.AppendArgument(tracking.Certifier.Text);
            output.Append((byte)':');
            output.Append(tracking.SecondsLeft(now));
        }

        output.Append("\r\n"u8);
    }

    /// <summary>
    /// What the hop is told so that it can be asked; null: nothing. RFC 3885 §3.1: not when no time is left, §3.2: not without
    /// the ENVID.
    /// </summary>
    public static TrackingRequest? Tracking(Envelope envelope, HopCapabilities hop, DateTimeOffset now) =>
        hop is { Tracking: true, Dsn: true } && envelope is { EnvelopeId.Length: > 0, Tracking: { } tracking } && tracking.SecondsLeft(now) > 0 ? tracking : null;

    /// <param name="output">Where to.</param>
    /// <param name="recipient">To whom.</param>
    /// <param name="hop">What the hop offers.</param>
    /// <param name="addDelay">
    /// RFC 2852 §4.1.4.2: the hop does not know the deadline, so it is asked to report delays at least.
    /// </param>
    public static void AppendRecipient(OutputBuffer output, Recipient recipient, HopCapabilities hop, bool addDelay)
    {
        output.Append("RCPT TO:<"u8);
        output.AppendArgument(recipient.Address.Text);
        output.Append((byte)'>');
        if (hop.Dsn)
        {
            AppendNotify(output, recipient.Notify, addDelay);
            if (recipient.OriginalRecipient is { } original) AppendOriginalRecipient(output, original);
        }

        output.Append("\r\n"u8);
    }

    private static void AppendDeliverBy(OutputBuffer output, DeliverBy by, DateTimeOffset now)
    {
        // Rounded down, so that the hop never believes it has more time than there is.
        var left = (long)Math.Floor((by.Deadline - now).TotalSeconds);
        output.Append(" BY="u8);
        output.Append(Math.Clamp(left, -LongestDeliverBy, LongestDeliverBy));
        output.Append((byte)';');
        output.Append(by.Mode == DeliverByMode.Return ? (byte)'R' : (byte)'N');
        if (by.Trace) output.Append((byte)'T');
    }

    private static void AppendDsn(OutputBuffer output, Envelope envelope)
    {
        // RFC 8689 §5: RET=FULL is disregarded when REQUIRETLS is present.
        if (envelope.Return == DsnReturn.Headers || (envelope.Return == DsnReturn.Full && envelope.RequireTls)) output.Append(" RET=HDRS"u8);
        else if (envelope.Return == DsnReturn.Full) output.Append(" RET=FULL"u8);
        if (envelope.EnvelopeId is not { Length: > 0 } id) return;
        output.Append(" ENVID="u8);
        output.AppendXText(id);
    }

    private static void AppendNotify(OutputBuffer output, NotifyOptions notify, bool addDelay)
    {
        if (notify.HasFlag(NotifyOptions.Never))
        {
            output.Append(" NOTIFY=NEVER"u8);
            return;
        }

        if (addDelay) notify |= notify == NotifyOptions.Unspecified ? NotifyOptions.Failure | NotifyOptions.Delay : NotifyOptions.Delay;
        if (notify == NotifyOptions.Unspecified) return;
        output.Append(" NOTIFY"u8);
        var separator = (byte)'=';
        AppendOption(NotifyOptions.Success, "SUCCESS"u8);
        AppendOption(NotifyOptions.Failure, "FAILURE"u8);
        AppendOption(NotifyOptions.Delay, "DELAY"u8);

        void AppendOption(NotifyOptions option, ReadOnlySpan<byte> keyword)
        {
            if (!notify.HasFlag(option)) return;
            output.Append(separator);
            output.Append(keyword);
            separator = (byte)',';
        }
    }

    private static void AppendOriginalRecipient(OutputBuffer output, OriginalRecipient original)
    {
        var utf8 = original.AddressType.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        // What is no atom or has no xtext form (RFC 3461 §4) can't have come in an ORCPT, and can't go out in one.
        if (original.Address.Length == 0 || !IsAtom(original.AddressType)) return;
        output.Append(" ORCPT="u8);
        output.AppendArgument(original.AddressType);
        output.Append((byte)';');
        if (utf8) output.AppendUtf8AddressXText(original.Address);
        else output.AppendXText(original.Address);
    }

    private static bool IsAtom(string text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not '-' and not '_' and not '.') return false;
        }

        return text.Length > 0;
    }
}
