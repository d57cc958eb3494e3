namespace MilSwitch.Smtp.Client;

/// <summary>RFC 5321 §4.5.2, over content whose lines end in CRLF, in pieces of any size.</summary>
internal struct DotStuffer
{
    private Position position;

    /// <summary>The next octet begins a line, or was begun; a new stuffer stands there.</summary>
    private enum Position : byte { LineStart, Inside, AfterCarriageReturn }

    public void Append(ReadOnlySpan<byte> octets, OutputBuffer output)
    {
        if (octets.IsEmpty) return;
        var next = PositionBehind(octets);
        if (position == Position.LineStart && octets[0] == '.')
        {
            output.Append((byte)'.');
        }
        else if (position == Position.AfterCarriageReturn && octets[0] == '\n' && octets.Length > 1 && octets[1] == '.')
        {
            output.Append("\n."u8);
            octets = octets[1..];
        }

        int at;
        while ((at = octets.IndexOf("\r\n."u8)) >= 0)
        {
            output.Append(octets[..(at + 2)]);
            output.Append((byte)'.');
            octets = octets[(at + 2)..];
        }

        output.Append(octets);
        position = next;
    }

    /// <summary>The end of data; a content that does not end in CRLF gets one, which belongs to the end (RFC 5321 §4.1.1.4).</summary>
    public readonly void AppendEnd(OutputBuffer output) => output.Append(position == Position.LineStart ? ".\r\n"u8 : "\r\n.\r\n"u8);

    private readonly Position PositionBehind(ReadOnlySpan<byte> octets)
    {
        if (octets[^1] == '\r') return Position.AfterCarriageReturn;
        if (octets[^1] != '\n') return Position.Inside;
        var afterCarriageReturn = octets.Length > 1 ? octets[^2] == '\r' : position == Position.AfterCarriageReturn;
        return afterCarriageReturn ? Position.LineStart : Position.Inside;
    }
}
