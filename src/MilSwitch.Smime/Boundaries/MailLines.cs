using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Boundaries;

/// <summary>A message in the lines of mail: CRLF ends every one, the last too, and there is no NUL (RFC 5321 §4.1.1.4). Pure.</summary>
internal static class MailLines
{
    /// <summary>The message; null: it can't be brought into lines without changing what it says.</summary>
    /// <param name="message">Header and body.</param>
    /// <param name="mayEncode">Leaves that were binary inside of a layer may be given a transfer encoding; what they decode to stays the same.</param>
    public static ReadOnlyMemory<byte>? Of(byte[] message, bool mayEncode = true)
    {
        if (!AreLines(message))
        {
            if (!mayEncode) return null;
            try
            {
                message = SmimeWriter.ToSevenBit(MimeEntity.Read(message, new MimeBudget()));
            }
            catch (FormatException)
            {
                return null;
            }

            if (!AreLines(message)) return null;
        }

        // The line end before the delimiter of a multipart/signed is not signed.
        return message.AsSpan().EndsWith("\r\n"u8) ? message : (byte[])[.. message, .. "\r\n"u8];
    }

    private static bool AreLines(ReadOnlySpan<byte> octets) => !octets.Contains((byte)0) && !MimeEntityReader.HasBareLineEnd(octets);
}
