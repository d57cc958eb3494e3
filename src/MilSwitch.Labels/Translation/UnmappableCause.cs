namespace MilSwitch.Labels.Translation;

/// <summary>Why a label has no equivalent.</summary>
public enum UnmappableCause : byte
{
    /// <summary>Neither policy speaks of the other.</summary>
    NoEquivalence = 1,

    /// <summary>The label is not valid in its own policy.</summary>
    InvalidOriginal = 2,

    /// <summary>The classification has no equivalent.</summary>
    Classification = 3,

    /// <summary>A category has no equivalent and is not discarded.</summary>
    Category = 4,

    /// <summary>What the two policies say, or one of them twice, is not the same.</summary>
    Contradiction = 5,

    /// <summary>The equivalence holds together with categories that the label doesn't have.</summary>
    Condition = 6,

    /// <summary>A category has to be added, and which one is not said.</summary>
    Choice = 7,

    /// <summary>Values that were needed together would become a choice, or a choice would become wider.</summary>
    WouldWiden = 8,

    /// <summary>The target policy does not know the privacy mark.</summary>
    PrivacyMark = 9,

    /// <summary>What came out is not valid in the target policy.</summary>
    InvalidResult = 10,

    /// <summary>There is a way back, and what came back would be less protected than the label was.</summary>
    WouldLower = 11,
}
