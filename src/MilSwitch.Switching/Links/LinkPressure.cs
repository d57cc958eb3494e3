using MilSwitch.Domain.Delivery;

namespace MilSwitch.Switching.Links;

/// <summary>The most urgent message that waits for a connection, as the running transactions see it. Written by the link only.</summary>
internal sealed class LinkPressure
{
    private object? waiting;

    public WaitingTransfer? Waiting
    {
        get => Volatile.Read(ref waiting) as WaitingTransfer?;
        set => Volatile.Write(ref waiting, value);
    }
}
