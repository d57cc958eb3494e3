using System.Net;
using System.Text;

namespace MilSwitch.Testing;

/// <summary>One content that reached a sink, with everything said about it.</summary>
/// <param name="Order">From one, in the order in which the contents ended.</param>
/// <param name="Connection">From one, in the order of connecting.</param>
/// <param name="Begun">Stopwatch time of MAIL.</param>
/// <param name="Read">Stopwatch time of the final dot or last chunk.</param>
/// <param name="Ended">Stopwatch time of the answer.</param>
/// <param name="Mail">The MAIL line, without CRLF.</param>
/// <param name="Recipients">The RCPT lines that were accepted.</param>
/// <param name="Size">Octets, dot stuffing undone.</param>
/// <param name="Digest">SHA-256 in hexadecimal.</param>
/// <param name="Head">The header with its empty line, as far as it fits in 32 KiB.</param>
/// <param name="Content">All octets, when the sink keeps contents; else empty.</param>
/// <param name="Accepted">It was answered 250, and the answer was sent.</param>
/// <param name="Encrypted">It came under TLS.</param>
public sealed record SinkTransaction(
    int Order, int Connection, long Begun, long Read, long Ended, string Mail, IReadOnlyList<string> Recipients, long Size, string Digest,
    ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Content, bool Accepted, bool Encrypted)
{
    /// <summary>The address of whoever sent it.</summary>
    public IPAddress From { get; init; } = IPAddress.None;

    /// <summary>The first field of that name, unfolded and trimmed; null when there is none.</summary>
    public string? Field(string name)
    {
        var rest = Head.Span;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (line.Length <= 1) return null;
            if (line.Length <= name.Length || line[name.Length] != ':' || !Ascii.EqualsIgnoreCase(line[..name.Length], name)) continue;
            var value = new StringBuilder(Encoding.UTF8.GetString(line[(name.Length + 1)..]));
            while (!rest.IsEmpty && rest[0] is (byte)' ' or (byte)'\t')
            {
                end = rest.IndexOf((byte)'\n');
                value.Append(Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]));
                rest = end < 0 ? [] : rest[(end + 1)..];
            }

            return value.Replace("\r", "").ToString().Trim();
        }

        return null;
    }

    public override string ToString() => $"#{Order} on {Connection}: {Mail} {string.Join(' ', Recipients)} {Size} octets{(Accepted ? "" : ", not accepted")}";
}
