using MilSwitch.Domain.Routing;

namespace MilSwitch.Host.Configuration;

/// <summary>Where messages go out over a line: a TCP port or a folder. Immutable.</summary>
public sealed record Acp127Outbound
{
    /// <summary>Full path; null: a port.</summary>
    public string? Folder { get; init; }

    /// <summary>Null: a folder.</summary>
    public HopTarget? Target { get; init; }

    /// <summary>The peer must speak TLS and prove its name; null: nothing is encrypted.</summary>
    public LinkTls? Tls { get; init; }

    /// <summary>How long a message may take over TCP until the peer has closed; 256 KiB at 2,400 bit/s take fifteen minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The designator of the channel in format line 1; null: no such line.</summary>
    public string? Channel { get; init; }
}
