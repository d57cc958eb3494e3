using System.Buffers;

namespace MilSwitch.Smtp.Server.Framing;

/// <summary>
/// Undoes the dot-stuffing of DATA (RFC 5321 §4.5.2) over any cut of the octet stream, without copying: it names the runs
/// of its input that are content. Only CRLF ends a line and only CRLF.CRLF ends the data. A bare CR, bare LF or NUL makes
/// the content faulty; next to a dot that some other system could take for the end of data it is
/// <see cref="DataStep.Smuggling"/>, after which nothing more may be read from that connection.
/// </summary>
internal struct DataDecoder(int maximumLine)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\r\n\0"u8);

    private readonly int maximumLine = maximumLine;
    private State state = State.LineStart;
    private long line;

    private enum State : byte
    {
        LineStart,
        InLine,
        AfterCr,
        Dot,
        DotCr,

        /// <summary>Behind a bare CR, bare LF or NUL: a dot here is the start of a forged end.</summary>
        AfterFault,
        Ended,
    }

    /// <summary>The first fault of this content.</summary>
    public ContentFault Fault { get; private set; }

    /// <summary>
    /// Takes octets up to the next run of content. Call again with what is left while the result is <see cref="DataStep.More"/>
    /// and octets are left.
    /// </summary>
    /// <param name="input">What arrived; not empty.</param>
    /// <param name="consumed">Octets of <paramref name="input"/> that are done with.</param>
    /// <param name="start">Where the content run begins.</param>
    /// <param name="length">Its length; 0 when there is none.</param>
    public DataStep Decode(ReadOnlySpan<byte> input, out int consumed, out int start, out int length)
    {
        start = 0;
        length = 0;
        var i = 0;
        while (i < input.Length)
        {
            var octet = input[i];
            switch (state)
            {
                case State.LineStart when octet == '.':
                    state = State.Dot;
                    // The dot is not content: hand out what came before it, and go on behind it.
                    length = i - start;
                    consumed = i + 1;
                    if (length > 0) return DataStep.More;
                    start = ++i;
                    continue;

                case State.LineStart:
                case State.InLine:
                    var next = input[i..].IndexOfAny(Special);
                    state = State.InLine;
                    if (next < 0)
                    {
                        Count(input.Length - i);
                        i = input.Length;
                        continue;
                    }

                    Count(next);
                    i += next;
                    state = input[i++] switch
                    {
                        (byte)'\r' => State.AfterCr,
                        (byte)'\n' => Bad(ContentFault.BareLineFeed),
                        _ => Bad(ContentFault.Nul),
                    };
                    continue;

                case State.AfterCr when octet == '\n':
                    state = State.LineStart;
                    line = 0;
                    i++;
                    continue;

                case State.AfterCr:
                    state = Bad(ContentFault.BareCarriageReturn);
                    continue;

                case State.Dot when octet == '\r':
                    state = State.DotCr;
                    // Perhaps the end: this CR is content in no case, since without its LF the content is refused.
                    length = i - start;
                    consumed = i + 1;
                    if (length > 0) return DataStep.More;
                    start = ++i;
                    continue;

                case State.Dot when octet is (byte)'\n' or 0:
                    consumed = i;
                    return DataStep.Smuggling;

                case State.Dot:
                    state = State.InLine;
                    continue;

                case State.DotCr when octet == '\n':
                    consumed = i + 1;
                    length = i - start;
                    state = State.Ended;
                    return DataStep.End;

                case State.DotCr:
                    consumed = i;
                    return DataStep.Smuggling;

                case State.AfterFault when octet == '.':
                    consumed = i;
                    length = i - start;
                    return DataStep.Smuggling;

                case State.AfterFault:
                    state = State.InLine;
                    continue;

                default:
                    throw new InvalidOperationException("The data has ended.");
            }
        }

        consumed = input.Length;
        length = input.Length - start;
        return DataStep.More;
    }

    private State Bad(ContentFault fault)
    {
        if (Fault is ContentFault.None) Fault = fault;
        return State.AfterFault;
    }

    private void Count(int octets)
    {
        line += octets;
        if (line > maximumLine && Fault is ContentFault.None) Fault = ContentFault.LineTooLong;
    }
}

internal enum DataStep : byte
{
    /// <summary>The data goes on.</summary>
    More,

    /// <summary>CRLF.CRLF was read; what follows are commands.</summary>
    End,

    /// <summary>A forged end of data: answer and close.</summary>
    Smuggling,
}
