using System.Text;

namespace MilSwitch.Smtp.Client;

/// <summary>
/// Looks at content on its way out. What is stored came through checks, but decrypted or rebuilt content need not have:
/// a bare CR or LF is a line end to some hops and none to others, which is how a message is smuggled (THREATS S2).
/// </summary>
internal struct ContentScan
{
    private bool afterCarriageReturn;

    /// <summary>A CR without LF or an LF without CR was seen.</summary>
    public bool BareLineEnd { get; private set; }

    public bool EightBit { get; private set; }

    public void Add(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty) return;
        EightBit = EightBit || !Ascii.IsValid(octets);
        while (!BareLineEnd && !octets.IsEmpty)
        {
            if (afterCarriageReturn)
            {
                BareLineEnd = octets[0] != '\n';
                afterCarriageReturn = false;
                octets = octets[1..];
                continue;
            }

            var at = octets.IndexOfAny((byte)'\r', (byte)'\n');
            if (at < 0) return;
            BareLineEnd = octets[at] == '\n';
            afterCarriageReturn = true;
            octets = octets[(at + 1)..];
        }
    }

    /// <summary>To be called behind the last octet: a CR at the very end has no LF.</summary>
    public void Complete() => BareLineEnd = BareLineEnd || afterCarriageReturn;
}
