using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Switching.Partitions;

/// <summary>Where a held message stands in the list of all: the most urgent first, then the oldest.</summary>
internal readonly record struct HeldPlace(Precedence Precedence, long AcceptedTicks, MessageId Id) : IComparable<HeldPlace>
{
    public int CompareTo(HeldPlace other)
    {
        var order = other.Precedence.CompareTo(Precedence);
        if (order is 0) order = AcceptedTicks.CompareTo(other.AcceptedTicks);
        return order is 0 ? Id.Value.CompareTo(other.Id.Value) : order;
    }
}
