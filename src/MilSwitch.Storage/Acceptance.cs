using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>In which states a message and its recipients begin.</summary>
public static class Acceptance
{
    /// <summary>A recipient's state.</summary>
    /// <param name="message">What is accepted.</param>
    /// <param name="index">The recipient's.</param>
    /// <param name="duplicates">Recipients that were accepted before, with the message that has them.</param>
    public static RecipientState StateOf(NewMessage message, int index, List<(int Index, MessageId Original)> duplicates)
    {
        foreach (var (duplicate, _) in duplicates)
        {
            if (duplicate == index) return RecipientState.Duplicate;
        }

        return !message.Exceptions.IsEmpty && message.Exceptions.TryGetValue(index, out var own) ? own : message.State;
    }

    /// <summary>The message's state, which follows from its recipients'.</summary>
    /// <param name="message">What is accepted.</param>
    /// <param name="duplicates">Recipients that were accepted before, with the message that has them.</param>
    public static MessageState StateOf(NewMessage message, List<(int Index, MessageId Original)> duplicates)
    {
        var state = MessageState.Done;
        for (var i = 0; i < message.Envelope.Recipients.Length; i++)
        {
            var own = duplicates.Count == 0 && message.Exceptions.IsEmpty ? message.State : StateOf(message, i, duplicates);
            if (own is RecipientState.Queued or RecipientState.Armed) return MessageState.Queued;
            if (own.IsHeld()) state = MessageState.Held;
        }

        return state;
    }
}
