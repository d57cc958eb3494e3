namespace MilSwitch.Switching.Labelling;

/// <summary>What becomes of a message whose label is not as it has to be.</summary>
public enum LabelFaultAction : byte
{
    /// <summary>Accepted, and kept until somebody acts.</summary>
    Hold = 0,

    /// <summary>Refused for good.</summary>
    Refuse = 1,

    /// <summary>Accepted in spite of it.</summary>
    Accept = 2,
}
