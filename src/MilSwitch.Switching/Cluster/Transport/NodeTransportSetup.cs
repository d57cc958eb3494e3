using Akka.Actor.Setup;
using Microsoft.Extensions.Logging;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>What a transport needs and a text of settings can't hold; given to the actor system when it is made.</summary>
internal sealed class NodeTransportSetup(NodeCredentials credentials, NodeTransportLimits limits, NodeTransportMeters meters, ILoggerFactory loggers, TimeProvider time) : Setup
{
    public NodeCredentials Credentials { get; } = credentials;

    public NodeTransportLimits Limits { get; } = limits;

    public NodeTransportMeters Meters { get; } = meters;

    public ILoggerFactory Loggers { get; } = loggers;

    public TimeProvider Time { get; } = time;
}
