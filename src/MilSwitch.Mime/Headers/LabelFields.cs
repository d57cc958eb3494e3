using System.Buffers;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>The fields SIO-Label and SIO-Label-History (RFC 7444) in a raw header. What they say is not looked at. Stateless and thread-safe.</summary>
public static class LabelFields
{
    private static ReadOnlySpan<byte> Label => "SIO-Label"u8;

    private static ReadOnlySpan<byte> History => "SIO-Label-History"u8;

    /// <summary>Finds the fields.</summary>
    public static FoundLabelFields Find(HeaderBlock header)
    {
        var labels = new List<string>();
        var history = new List<string>();
        foreach (var field in header)
        {
            // Octets that are no UTF-8 come as U+FFFD, which no field may have.
            if (Is(field, Label)) labels.Add(Encoding.UTF8.GetString(field.RawValue.Span));
            else if (Is(field, History)) history.Add(Encoding.UTF8.GetString(field.RawValue.Span));
        }

        return new FoundLabelFields([.. labels], [.. history]);
    }

    /// <summary>The message without its labels; the rest stays octet by octet.</summary>
    /// <param name="message">The message, or its first octets with all of the header.</param>
    /// <param name="header">Of the same octets.</param>
    /// <param name="alsoHistory">Without what tells of labels it had, too: that may be as sensitive (RFC 7444 §7).</param>
    /// <returns>Null: there is nothing to leave out.</returns>
    public static byte[]? Remove(ReadOnlyMemory<byte> message, HeaderBlock header, bool alsoHistory = false)
    {
        ArrayBufferWriter<byte>? kept = null;
        var from = 0;
        foreach (var field in header)
        {
            if (!Is(field, Label) && !(alsoHistory && Is(field, History))) continue;
            kept ??= new ArrayBufferWriter<byte>(message.Length);
            kept.Write(message.Span[from..field.Start]);
            from = field.Start + field.Length;
        }

        if (kept is null) return null;
        kept.Write(message.Span[from..]);
        return kept.WrittenSpan.ToArray();
    }

    /// <summary>
    /// The message with another label in place of all that it had, or without one, and with a line of history about it: before those that are
    /// there, or behind the label (RFC 7444 §5). A message that had neither gets them on top. The rest stays octet by octet.
    /// </summary>
    /// <param name="message">The message, or its first octets with all of the header.</param>
    /// <param name="header">Of the same octets.</param>
    /// <param name="label">What stands behind the colon, folded; null: none.</param>
    /// <param name="history">The same of the new history; null: none.</param>
    /// <exception cref="ArgumentException">A body that would end its field, or is none in ASCII.</exception>
    public static byte[] Replace(ReadOnlyMemory<byte> message, HeaderBlock header, string? label, string? history)
    {
        var labelField = label is null ? [] : Field(Label, label);
        var historyField = history is null ? [] : Field(History, history);
        var (firstLabel, firstHistory) = (-1, -1);
        foreach (var field in header)
        {
            if (firstLabel < 0 && Is(field, Label)) firstLabel = field.Start;
            if (firstHistory < 0 && Is(field, History)) firstHistory = field.Start;
        }

        var labelAt = firstLabel >= 0 ? firstLabel : Math.Max(firstHistory, 0);
        var historyAt = firstHistory >= 0 ? firstHistory : labelAt;
        var made = new ArrayBufferWriter<byte>(message.Length + labelField.Length + historyField.Length);
        var from = 0;
        Insert(0);
        foreach (var field in header)
        {
            if (field.Start > 0) Insert(field.Start);
            if (Is(field, Label)) from = Copied(field.Start, field.Start + field.Length);
        }

        made.Write(message.Span[from..]);
        return made.WrittenSpan.ToArray();

        void Insert(int position)
        {
            if (position != labelAt && position != historyAt) return;
            from = Copied(position, position);
            if (position == labelAt) made.Write(labelField);
            if (position == historyAt) made.Write(historyField);
        }

        int Copied(int until, int next)
        {
            made.Write(message.Span[from..until]);
            return next;
        }
    }

    private static bool Is(HeaderField field, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(field.Name.Span, name);

    private static byte[] Field(ReadOnlySpan<byte> name, string body)
    {
        var lines = body.Split("\r\n");
        for (var i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]) || lines[i].Length > 900 || lines[i].AsSpan().ContainsAnyExceptInRange('\t', '~') || lines[i].AsSpan().ContainsAnyInRange('\n', '\u001f') || (i > 0 && lines[i][0] is not (' ' or '\t')))
                throw new ArgumentException("a label that would not be one field", nameof(body));
        }

        return [.. name, .. ": "u8, .. Encoding.ASCII.GetBytes(body), .. "\r\n"u8];
    }
}
