using System.Globalization;

namespace MilSwitch.Checks.Scanning;

/// <summary>Where a scanner listens. Immutable.</summary>
public sealed record ScannerAddress
{
    private ScannerAddress(string? path, string host, int port)
    {
        Path = path;
        Host = host;
        Port = port;
    }

    /// <summary>Of a Unix socket; null: <see cref="Host"/> and <see cref="Port"/>.</summary>
    public string? Path { get; }

    public string Host { get; }

    public int Port { get; }

    /// <summary>Reads <c>unix:/path</c>, <c>host:port</c>, <c>host</c> or <c>[2001:db8::1]:port</c>.</summary>
    /// <param name="text">The address.</param>
    /// <param name="defaultPort">Where none is said.</param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static ScannerAddress Parse(string text, int defaultPort)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return text.Length is > 6 and < 108 && text[5] is '/' ? new ScannerAddress(text[5..], "", 0) : throw new FormatException("no path of a socket");
        // A colon inside brackets belongs to the address.
        var colon = text.LastIndexOf(':');
        if (colon <= text.LastIndexOf(']')) colon = -1;
        var host = (colon < 0 ? text : text[..colon]).Trim('[', ']');
        var port = defaultPort;
        if (Uri.CheckHostName(host) is UriHostNameType.Unknown || (colon >= 0 && !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)) || port is < 1 or > 65_535)
            throw new FormatException("no host and port");
        return new ScannerAddress(null, host, port);
    }

    public override string ToString() => Path is null ? string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}") : "unix:" + Path;
}
