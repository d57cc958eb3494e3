using MilSwitch.Domain.Messages;

namespace MilSwitch.Switching.Partitions;

/// <summary>Something that happened to one message, about which a step decides; without meaning when the message is pending no longer.</summary>
internal interface IMessageStep
{
    MessageId Id { get; }
}
