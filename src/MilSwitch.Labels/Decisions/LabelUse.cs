namespace MilSwitch.Labels.Decisions;

/// <summary>Whose label is checked.</summary>
public enum LabelUse : byte
{
    /// <summary>One that came in; what has become obsolete since may stand in it.</summary>
    Received = 0,

    /// <summary>One that is made now; nothing obsolete may stand in it.</summary>
    Originated = 1,
}
