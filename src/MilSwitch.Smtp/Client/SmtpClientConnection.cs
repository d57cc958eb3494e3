using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Client;

/// <summary>One connection to a next hop; one transaction at a time. Not thread-safe.</summary>
public sealed partial class SmtpClientConnection
{
    public HopTarget Target { get; private init; } = null!;
}
