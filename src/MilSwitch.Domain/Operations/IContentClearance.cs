using MilSwitch.Domain.Labelling;

namespace MilSwitch.Domain.Operations;

/// <summary>Whose content persons may see, beyond that they may see any.</summary>
public interface IContentClearance
{
    /// <summary>Nobody is limited.</summary>
    bool IsOpen { get; }

    /// <param name="who">The person.</param>
    /// <param name="label">Of the message; null: it has none.</param>
    bool MayView(OperatorIdentity who, MessageLabel? label);
}
