using MilSwitch.Domain.Delivery;

namespace MilSwitch.Switching.Links;

/// <summary>The most urgent message that waits for a connection, as the running transactions see it. Written by the link only.</summary>
internal sealed class LinkPressure
{
    private object? waiting;

    /// <summary>Asked before the final dot: the link may be used by this node still.</summary>
    public Func<bool> MaySend { get; set; } = static () => true;

    public WaitingTransfer? Waiting
    {
        get => Volatile.Read(ref waiting) as WaitingTransfer?;
        set => Volatile.Write(ref waiting, value);
    }
}
