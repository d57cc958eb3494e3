using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Smtp.Syntax;

namespace MilSwitch.Smtp.Server.Commands;

/// <summary>The parameters of RCPT: NOTIFY and ORCPT (RFC 3461 §4.1, §4.2).</summary>
internal static class RecipientParameters
{
    private const int MaximumOriginalRecipient = 500;

    /// <summary>Reads them all. Null: good. Never throws.</summary>
    public static SmtpReply? Read(ReadOnlySpan<byte> parameters, Extensions offered, bool smtpUtf8, out NotifyOptions notify, out OriginalRecipient? original)
    {
        notify = NotifyOptions.Unspecified;
        original = null;
        while (CommandText.TryTakeParameter(ref parameters, out var keyword, out var value, out _))
        {
            if ((offered & Extensions.Dsn) == 0) return Replies.UnknownParameter;
            if (Ascii.EqualsIgnoreCase(keyword, "NOTIFY"u8))
            {
                if (notify is not NotifyOptions.Unspecified || !TryReadNotify(value, out notify)) return Replies.ArgumentSyntax;
            }
            else if (Ascii.EqualsIgnoreCase(keyword, "ORCPT"u8))
            {
                if (original is not null || !TryReadOriginal(value, smtpUtf8, out original)) return Replies.ArgumentSyntax;
            }
            else
            {
                return Replies.UnknownParameter;
            }
        }

        return null;
    }

    private static bool TryReadNotify(ReadOnlySpan<byte> value, out NotifyOptions notify)
    {
        notify = NotifyOptions.Unspecified;
        if (Ascii.EqualsIgnoreCase(value, "NEVER"u8))
        {
            notify = NotifyOptions.Never;
            return true;
        }

        foreach (var range in value.Split((byte)','))
        {
            var element = value[range];
            if (Ascii.EqualsIgnoreCase(element, "SUCCESS"u8)) notify |= NotifyOptions.Success;
            else if (Ascii.EqualsIgnoreCase(element, "FAILURE"u8)) notify |= NotifyOptions.Failure;
            else if (Ascii.EqualsIgnoreCase(element, "DELAY"u8)) notify |= NotifyOptions.Delay;
            else return false;
        }

        return true;
    }

    private static bool TryReadOriginal(ReadOnlySpan<byte> value, bool smtpUtf8, out OriginalRecipient? original)
    {
        original = null;
        var semicolon = value.IndexOf((byte)';');
        if (semicolon < 1 || value.Length > MaximumOriginalRecipient) return false;
        var type = value[..semicolon];
        var address = value[(semicolon + 1)..];
        foreach (var octet in type)
            if (!char.IsAsciiLetterOrDigit((char)octet) && octet != '-' && octet != '_') return false;

        string? decoded;
        if (Ascii.EqualsIgnoreCase(type, "utf-8"u8) ? !Utf8AddressXtext.TryDecode(address, smtpUtf8, out decoded) : !Xtext.TryDecode(address, out decoded))
            return false;
        if (decoded!.Length is 0) return false;
        original = new OriginalRecipient(Encoding.ASCII.GetString(type), decoded);
        return true;
    }
}
