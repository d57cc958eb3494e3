using System.Buffers.Text;
using System.Text;

namespace MilSwitch.Smtp.Client;

/// <summary>What the hop offered in its latest EHLO reply; everything is absent after HELO. Immutable.</summary>
public sealed record HopCapabilities
{
    /// <summary>Nothing is offered.</summary>
    public static HopCapabilities None { get; } = new();

    /// <summary>RFC 2920.</summary>
    public bool Pipelining { get; init; }

    /// <summary>RFC 1870: the parameter may be sent.</summary>
    public bool Size { get; init; }

    /// <summary>RFC 1870 §4: octets; null when the hop named no limit.</summary>
    public long? MaximumSize { get; init; }

    /// <summary>RFC 6152.</summary>
    public bool EightBitMime { get; init; }

    /// <summary>RFC 3030 §2.</summary>
    public bool Chunking { get; init; }

    /// <summary>RFC 3030 §3; of use only with <see cref="Chunking"/>.</summary>
    public bool BinaryMime { get; init; }

    /// <summary>RFC 2034.</summary>
    public bool EnhancedStatusCodes { get; init; }

    /// <summary>RFC 6531.</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>RFC 3461.</summary>
    public bool Dsn { get; init; }

    /// <summary>RFC 3207.</summary>
    public bool StartTls { get; init; }

    /// <summary>RFC 6710.</summary>
    public bool MtPriority { get; init; }

    /// <summary>RFC 6710 §3: the policy named behind MT-PRIORITY; null when none was.</summary>
    public string? MtPriorityPolicy { get; init; }

    /// <summary>RFC 2852.</summary>
    public bool DeliverBy { get; init; }

    /// <summary>RFC 2852 §2: the shortest by-time in mode R; zero when the hop named none.</summary>
    public TimeSpan MinimumDeliverBy { get; init; }

    /// <summary>RFC 3885; of use only with <see cref="Dsn"/>, which carries the ENVID.</summary>
    public bool Tracking { get; init; }

    /// <summary>RFC 8689.</summary>
    public bool RequireTls { get; init; }

    /// <summary>Takes up one line of the EHLO reply, without code and line end. Unknown and malformed lines change nothing.</summary>
    internal HopCapabilities With(ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        var keyword = space < 0 ? line : line[..space];
        var rest = space < 0 ? default : line[(space + 1)..].Trim((byte)' ');
        if (Is(keyword, "PIPELINING")) return this with { Pipelining = true };
        // A limit of zero means none (RFC 1870 §4).
        if (Is(keyword, "SIZE")) return this with { Size = true, MaximumSize = Number(rest) is { } octets and > 0 ? octets : null };
        if (Is(keyword, "8BITMIME")) return this with { EightBitMime = true };
        if (Is(keyword, "CHUNKING")) return this with { Chunking = true };
        if (Is(keyword, "BINARYMIME")) return this with { BinaryMime = true };
        if (Is(keyword, "ENHANCEDSTATUSCODES")) return this with { EnhancedStatusCodes = true };
        if (Is(keyword, "SMTPUTF8")) return this with { SmtpUtf8 = true };
        if (Is(keyword, "DSN")) return this with { Dsn = true };
        if (Is(keyword, "STARTTLS")) return this with { StartTls = true };
        if (Is(keyword, "MTRK")) return this with { Tracking = true };
        if (Is(keyword, "REQUIRETLS")) return this with { RequireTls = true };
        if (Is(keyword, "MT-PRIORITY")) return this with { MtPriority = true, MtPriorityPolicy = Word(rest) };
        if (Is(keyword, "DELIVERBY"))
        {
            var seconds = Math.Min(Number(rest) ?? 0, 999_999_999);
            return this with { DeliverBy = true, MinimumDeliverBy = TimeSpan.FromSeconds(seconds) };
        }

        return this;
    }

    private static bool Is(ReadOnlySpan<byte> keyword, string name) => Ascii.EqualsIgnoreCase(keyword, name);

    private static long? Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out var used) && used == text.Length && value >= 0 ? value : null;

    private static string? Word(ReadOnlySpan<byte> text) =>
        text.Length is 0 or > 64 || text.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e) ? null : Encoding.ASCII.GetString(text);
}
