using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MilSwitch.Host.Configuration;

/// <summary>How times, sizes, networks and endpoints are written in the configuration and on the command line.</summary>
public static class Notation
{
    /// <summary>Numbers with <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>, largest first: <c>90s</c>, <c>1h30m</c>, <c>3d</c>.</summary>
    public static bool TryReadDuration(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (text == "0") return true;
        var rest = text.AsSpan();
        var previous = long.MaxValue;
        var ticks = 0L;
        if (rest.IsEmpty) return false;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is <= 0 or > 9) return false;
            var number = long.Parse(rest[..digits], CultureInfo.InvariantCulture);
            rest = rest[digits..];
            var letters = rest.IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? rest : rest[..letters];
            var size = unit switch
            {
                "ms" => TimeSpan.TicksPerMillisecond,
                "s" => TimeSpan.TicksPerSecond,
                "m" => TimeSpan.TicksPerMinute,
                "h" => TimeSpan.TicksPerHour,
                "d" => TimeSpan.TicksPerDay,
                _ => 0L,
            };
            if (size == 0 || size >= previous || number > TimeSpan.MaxValue.Ticks / 2 / size) return false;
            previous = size;
            ticks += number * size;
            rest = rest[unit.Length..];
        }

        value = new TimeSpan(ticks);
        return true;
    }

    /// <summary>In the form that <see cref="TryReadDuration"/> reads, at most two units, rounded down to whole seconds.</summary>
    public static string Write(TimeSpan value)
    {
        if (value < TimeSpan.FromSeconds(1)) return value <= TimeSpan.Zero ? "0s" : FormattableString.Invariant($"{value.Milliseconds}ms");
        Span<(int Count, char Unit)> units = [(value.Days, 'd'), (value.Hours, 'h'), (value.Minutes, 'm'), (value.Seconds, 's')];
        for (var i = 0; i < units.Length; i++)
        {
            if (units[i].Count == 0) continue;
            var first = string.Create(CultureInfo.InvariantCulture, $"{units[i].Count}{units[i].Unit}");
            return i + 1 < units.Length && units[i + 1].Count > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{first}{units[i + 1].Count}{units[i + 1].Unit}")
                : first;
        }

        return "0s";
    }

    /// <summary>Octets: a number alone, or with <c>KiB</c>, <c>MiB</c>, <c>GiB</c> (1024) or <c>kB</c>, <c>MB</c>, <c>GB</c> (1000).</summary>
    public static bool TryReadSize(string text, out long value)
    {
        value = 0;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits == 0 || text.Length == 0) return false;
        if (digits < 0) digits = text.Length;
        if (!long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        var factor = text.AsSpan(digits).Trim() switch
        {
            "" or "B" => 1L,
            "KiB" => 1L << 10,
            "MiB" => 1L << 20,
            "GiB" => 1L << 30,
            "TiB" => 1L << 40,
            "kB" or "KB" => 1_000L,
            "MB" => 1_000_000L,
            "GB" => 1_000_000_000L,
            _ => 0L,
        };
        if (factor == 0 || number > long.MaxValue / factor) return false;
        value = number * factor;
        return true;
    }

    /// <summary>With a binary unit and one decimal.</summary>
    public static string WriteSize(long octets)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var value = (double)octets;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    /// <summary><c>address/bits</c>, or an address alone for just that host.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="network">The network, when the result is true.</param>
    /// <param name="correction">The network that was probably meant, when bits stand beyond the prefix.</param>
    public static bool TryReadNetwork(string text, out IPNetwork network, out string? correction)
    {
        correction = null;
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryReadAddress(slash < 0 ? text : text[..slash], out var address)) return false;
        var size = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var bits = size;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > size)) return false;
        var octets = address.GetAddressBytes();
        for (var bit = bits; bit < size; bit++) octets[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        network = new IPNetwork(new IPAddress(octets), bits);
        if (network.BaseAddress.Equals(address)) return true;
        correction = network.ToString();
        return false;
    }

    /// <summary>An address to listen at: <c>address:port</c>, <c>[address]:port</c>, <c>localhost:port</c> or <c>*:port</c>.</summary>
    public static bool TryReadEndpoint(string text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        if (!TryReadHostPort(text, 0, out var host, out var port)) return false;
        var address = host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => IPAddress.IPv6Any,
            _ => TryReadAddress(host, out var read) ? read : null,
        };
        if (address is null) return false;
        endpoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary><c>host:port</c>; brackets around IPv6 addresses, returned without them.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="lowestPort">0 where the system may choose, else 1.</param>
    /// <param name="host">A name or an address.</param>
    /// <param name="port">Up to 65,535.</param>
    public static bool TryReadHostPort(string text, int lowestPort, out string host, out int port)
    {
        host = "";
        port = 0;
        var colon = text.LastIndexOf(':');
        if (colon <= 0) return false;
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port < lowestPort || port > 65_535) return false;
        host = text[..colon];
        if (host[0] == '[')
        {
            if (host[^1] != ']' || !IPAddress.TryParse(host[1..^1], out var v6) || v6.AddressFamily != AddressFamily.InterNetworkV6) return false;
            host = host[1..^1];
            return true;
        }

        return !host.Contains(':', StringComparison.Ordinal);
    }

    // IPAddress.TryParse takes "1" and "0x7f.1" as well; nobody means those.
    private static bool TryReadAddress(string text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address)
        && (address.AddressFamily != AddressFamily.InterNetwork || address.ToString() == text);
}
