namespace MilSwitch.Labels.Carriers;

/// <summary>In what two carriers differ.</summary>
public enum LabelDifference : byte
{
    /// <summary>No contradiction: the marking is that of the label, which holds more than a marking shows.</summary>
    MarkingShowsLess = 0,

    Policy = 1,
    Classification = 2,
    PrivacyMark = 3,

    /// <summary>Categories, known or not.</summary>
    Category = 4,

    /// <summary>The marking is not that of the label, nor of any other.</summary>
    Marking = 5,
}
