using System.Buffers;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>The field MMHS-Subject-Indicator-Codes (RFC 6477 §3.3). Stateless and thread-safe.</summary>
public static class SubjectCodesField
{
    private const int MostCodes = 8;

    private static ReadOnlySpan<byte> Name => "MMHS-Subject-Indicator-Codes"u8;

    /// <summary>A code by itself: 3 to 8 characters; a space may stand inside.</summary>
    public static bool IsCode(string code) => MmhsBody.IsCode(code);

    /// <summary>The message with these codes in place of all that it had. The rest stays octet by octet.</summary>
    /// <param name="message">The message, or its first octets with all of the header.</param>
    /// <param name="header">Of the same octets.</param>
    /// <param name="codes">At most 8, which is what ACP 123 can carry; none: without the field.</param>
    /// <exception cref="FormatException">One is no code, or there are too many; with a text for the operator.</exception>
    public static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> message, HeaderBlock header, IReadOnlyCollection<string> codes)
    {
        if (codes.Count > MostCodes) throw new FormatException("more than 8 subject indicator codes");
        if (codes.FirstOrDefault(c => !IsCode(c)) is { } bad) throw new FormatException($"'{bad}' is no subject indicator code of 3 to 8 characters");
        var made = new ArrayBufferWriter<byte>(message.Length + 128);
        var line = MmhsWriter.Write(new MmhsFields { SubjectIndicatorCodes = [.. codes] });
        var written = codes.Count is 0;
        if (!written && header.CountOf(Name) is 0)
        {
            made.Write(line);
            written = true;
        }

        var from = 0;
        foreach (var field in header)
        {
            if (!Ascii.EqualsIgnoreCase(field.Name.Span, Name)) continue;
            made.Write(message.Span[from..field.Start]);
            from = field.Start + field.Length;
            if (written) continue;
            made.Write(line);
            written = true;
        }

        made.Write(message.Span[from..]);
        return made.WrittenMemory;
    }
}
