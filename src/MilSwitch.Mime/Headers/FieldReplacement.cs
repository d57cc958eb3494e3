using System.Buffers;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>Puts one field in the place of all fields of its name, in a raw header. Stateless and thread-safe.</summary>
internal static class FieldReplacement
{
    /// <summary>The message with the field where the first of its name stood, on top where it had none; the rest stays octet by octet.</summary>
    /// <param name="message">The message, or its first octets with all of the header.</param>
    /// <param name="header">Of the same octets.</param>
    /// <param name="name">Of the field.</param>
    /// <param name="field">Whole, with its CRLF; empty: without any of that name.</param>
    public static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> message, HeaderBlock header, string name, ReadOnlySpan<byte> field)
    {
        var made = new ArrayBufferWriter<byte>(message.Length + field.Length + 1);
        var from = 0;
        var isThere = false;
        foreach (var old in header)
        {
            if (!Ascii.EqualsIgnoreCase(old.Name.Span, name)) continue;
            made.Write(message.Span[from..old.Start]);
            if (!isThere) made.Write(field);
            isThere = true;
            from = old.Start + old.Length;
        }

        if (!isThere) made.Write(field);
        made.Write(message.Span[from..]);
        return made.WrittenMemory;
    }
}
