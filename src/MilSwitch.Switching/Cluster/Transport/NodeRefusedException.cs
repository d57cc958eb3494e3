namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>A connection between nodes that was not made, by us or by the peer.</summary>
internal sealed class NodeRefusedException(RefusalCause cause) : Exception(NodeTransportMeters.Words(cause.ToString()))
{
    public RefusalCause Cause { get; } = cause;
}
