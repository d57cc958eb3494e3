using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Labelling;

/// <summary>What a listener does about labels: one immutable snapshot of settings and policies. Pure and thread-safe.</summary>
public interface IListenerLabelling
{
    /// <summary>Labels of signed messages count here, so messages are looked into for them.</summary>
    bool ReadsSigned { get; }

    /// <summary>Decides about one message. Never throws for what is in it.</summary>
    /// <param name="message">All octets, with CRLF line ends, as they would be stored.</param>
    /// <param name="signed">The labels in signed attributes that count.</param>
    /// <param name="from">Who sends it.</param>
    /// <param name="now">The time for what is written.</param>
    ArrivalLabelDecision Decide(ReadOnlyMemory<byte> message, ImmutableArray<FoundLabel> signed, ReversePath from, DateTimeOffset now);
}
