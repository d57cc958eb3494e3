using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Switching.Acknowledgments;

internal static class AcknowledgmentCommands
{
    /// <summary>Follow a message from now on; answered with <see cref="AcknowledgmentEvents.Expected"/>.</summary>
    /// <param name="Message">The message.</param>
    /// <param name="Recipients">Those from whom something was asked for; at most <see cref="AcknowledgmentDocuments.MostRecipients"/>.</param>
    /// <param name="IsStored">Their document was committed with the message.</param>
    internal sealed record Expect(MessageId Message, ImmutableArray<Acknowledgment> Recipients, bool IsStored) : ILocalMessage;

    /// <summary>Something happened to a message that may be followed; no answer.</summary>
    /// <param name="Message">The message.</param>
    /// <param name="Recipient">Index in its envelope; −1: all.</param>
    /// <param name="Input">Believed.</param>
    internal sealed record Note(MessageId Message, int Recipient, AcknowledgmentInput Input) : ILocalMessage;
}

internal static class AcknowledgmentEvents
{
    /// <summary>Is the message followed? Not when too many are.</summary>
    internal sealed record Expected(MessageId Message, bool IsFollowed) : ILocalMessage;
}
