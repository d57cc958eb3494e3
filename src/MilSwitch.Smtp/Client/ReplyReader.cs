using System.Runtime.CompilerServices;
using MilSwitch.Domain.Delivery;

namespace MilSwitch.Smtp.Client;

/// <summary>
/// Reads replies of RFC 5321 §4.2 from a hostile peer: lines end in CRLF only, the codes of one reply agree, and line,
/// lines per reply and octets per reply are bounded. Anything else is a <see cref="SmtpProtocolException"/>, the end of the
/// stream an <see cref="EndOfStreamException"/>. Not thread-safe.
/// </summary>
internal sealed class ReplyReader(Stream stream)
{
    /// <summary>RFC 5321 §4.5.3.1.5 names 512 with CRLF; some hops send more.</summary>
    public const int MaximumLine = 4096;
    public const int MaximumLines = 100;
    public const int MaximumOctets = 64 << 10;
    public const int MaximumText = 512;

    private byte[] buffer = new byte[2048];
    private int end;
    private int replyStart;
    private int lineStart;
    private int lines;

    /// <summary>Octets that came behind the latest reply.</summary>
    public int Buffered => end - lineStart;

    /// <summary>Replies read so far.</summary>
    public long Count { get; private set; }

    /// <summary>The code of the latest reply.</summary>
    public int Code { get; private set; }

    public bool IsPositive => Code is >= 200 and < 300;

    public bool IsRefusal => Code >= 400;

    /// <summary>Takes up the next reply when it is here already. False: <see cref="NextAsync"/> is to be called.</summary>
    public bool TryNext()
    {
        replyStart = lineStart;
        lines = 0;
        return TryReadReply();
    }

    /// <summary>
    /// Reads the reply that <see cref="TryNext"/> did not find; its lines stay readable until the next call.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask NextAsync(CancellationToken cancellationToken)
    {
        while (!TryReadReply())
        {
            MakeRoom();
            var count = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
            if (count == 0) throw new EndOfStreamException("the hop closed the connection");
            end += count;
        }
    }

    /// <summary>The latest reply as a value: text joined by spaces, printable ASCII only, without the enhanced code.</summary>
    public Reply ToReply()
    {
        Span<char> text = stackalloc char[MaximumText];
        Span<char> token = stackalloc char[12];
        var length = 0;
        EnhancedStatusCode? status = null;
        var first = true;
        foreach (var line in Lines())
        {
            var rest = line;
            var space = rest.IndexOf((byte)' ');
            var word = space < 0 ? rest : rest[..space];
            if (word.Length is >= 5 and < 12)
            {
                for (var i = 0; i < word.Length; i++) token[i] = (char)word[i];
                // RFC 2034 §4 repeats the code on each line; only the first counts.
                if (EnhancedStatusCode.TryParse(token[..word.Length], out var code) && (first || status == code))
                {
                    status = code;
                    rest = space < 0 ? default : rest[(space + 1)..];
                }
            }

            if (!first && length is > 0 and < MaximumText) text[length++] = ' ';
            first = false;
            foreach (var octet in rest)
            {
                if (length == MaximumText) break;
                text[length++] = octet is >= 0x20 and < 0x7f ? (char)octet : octet == '\t' ? ' ' : '?';
            }
        }

        return new Reply(Code, status, text[..length].TrimEnd().ToString());
    }

    /// <summary>The lines of the latest reply, without code, separator and line end.</summary>
    public LineEnumerator Lines() => new(buffer.AsSpan(replyStart, lineStart - replyStart));

    private bool TryReadReply()
    {
        while (true)
        {
            var rest = buffer.AsSpan(lineStart, end - lineStart);
            var feed = rest.IndexOf((byte)'\n');
            if (feed >= MaximumLine || (feed < 0 && rest.Length >= MaximumLine)) throw new SmtpProtocolException("a reply line is too long");
            if (feed < 0) return false;
            if (feed == 0 || rest[feed - 1] != '\r') throw new SmtpProtocolException("a reply line ends in a bare LF");
            var line = rest[..(feed - 1)];
            if (line.Contains((byte)'\r')) throw new SmtpProtocolException("a reply line holds a bare CR");
            var code = CodeOf(line);
            if (lines > 0 && code != Code) throw new SmtpProtocolException("the lines of a reply have different codes");
            if (++lines > MaximumLines) throw new SmtpProtocolException("a reply has too many lines");
            Code = code;
            lineStart += feed + 1;
            if (lineStart - replyStart > MaximumOctets) throw new SmtpProtocolException("a reply is too long");
            if (line.Length == 3 || line[3] == ' ')
            {
                Count++;
                return true;
            }

            if (line[3] != '-') throw new SmtpProtocolException("a reply code is followed by nonsense");
        }
    }

    // RFC 5321 §4.2.1: no command of ours can be answered 1yz.
    private static int CodeOf(ReadOnlySpan<byte> line)
    {
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' || line[1..3].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw new SmtpProtocolException("a line is no SMTP reply");
        return ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + line[2] - '0';
    }

    private void MakeRoom()
    {
        if (replyStart > 0)
        {
            buffer.AsSpan(replyStart, end - replyStart).CopyTo(buffer);
            lineStart -= replyStart;
            end -= replyStart;
            replyStart = 0;
        }

        if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
    }

    public ref struct LineEnumerator(ReadOnlySpan<byte> reply)
    {
        private ReadOnlySpan<byte> rest = reply;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly LineEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (rest.IsEmpty) return false;
            var feed = rest.IndexOf((byte)'\n');
            var line = rest[..(feed - 1)];
            Current = line.Length > 4 ? line[4..] : default;
            rest = rest[(feed + 1)..];
            return true;
        }
    }
}
