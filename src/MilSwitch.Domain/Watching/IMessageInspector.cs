using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Watching;

/// <summary>Takes a stored message apart for people. Thread-safe.</summary>
public interface IMessageInspector
{
    /// <summary>Its structure and its layers of protection, and nothing of what it says. Nothing is decrypted.</summary>
    /// <returns>Null: there is no such message, or its content is gone.</returns>
    ValueTask<InspectedMessage?> StructureAsync(MessageId id, CancellationToken cancellationToken);

    /// <summary>Its header and text as well, as far as they are not encrypted. Audited as viewed before it is shown.</summary>
    /// <returns>As above.</returns>
    /// <exception cref="NotPermittedException">This person may not see content.</exception>
    /// <exception cref="SpoolUnavailableException">It could not be recorded: nothing is shown.</exception>
    ValueTask<InspectedMessage?> ContentAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken);
}
