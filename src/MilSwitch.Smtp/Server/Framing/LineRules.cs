using System.Buffers;

namespace MilSwitch.Smtp.Server.Framing;

/// <summary>
/// The rules of lines for content that arrives in chunks and is not BINARYMIME (RFC 3030 §2: text is sent with CRLF):
/// no bare CR, bare LF or NUL and no endless line, over any cut. So what BDAT brought in can leave by DATA without forging
/// an end.
/// </summary>
internal struct LineRules(int maximumLine)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\r\n\0"u8);

    private readonly int maximumLine = maximumLine;
    private bool afterCr;
    private long line;

    public ContentFault Fault { get; private set; }

    public void Take(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty && Fault is ContentFault.None)
        {
            if (afterCr)
            {
                afterCr = false;
                if (octets[0] != '\n')
                {
                    Fault = ContentFault.BareCarriageReturn;
                    return;
                }

                line = 0;
                octets = octets[1..];
                continue;
            }

            var next = octets.IndexOfAny(Special);
            line += next < 0 ? octets.Length : next;
            if (line > maximumLine)
            {
                Fault = ContentFault.LineTooLong;
                return;
            }

            if (next < 0) return;
            if (octets[next] == '\r') afterCr = true;
            else Fault = octets[next] == '\n' ? ContentFault.BareLineFeed : ContentFault.Nul;
            octets = octets[(next + 1)..];
        }
    }

    /// <summary>The content is whole: a CR still waiting for its LF is bare.</summary>
    public void End()
    {
        if (afterCr && Fault is ContentFault.None) Fault = ContentFault.BareCarriageReturn;
    }
}
