namespace MilSwitch.Labels.Policies;

/// <summary>Where a phrase of a policy is shown and what it replaces (<c>markingCode</c>, Open XML SPIF 2.1; X.841 <c>MarkingCode</c>).</summary>
[Flags]
public enum MarkingCodes
{
    None = 0,
    PageTop = 1 << 0,
    PageBottom = 1 << 1,
    DocumentStart = 1 << 2,
    DocumentEnd = 1 << 3,

    /// <summary><c>firstLineOfText</c>.</summary>
    FirstLineOfText = 1 << 4,

    /// <summary><c>lastLineOfText</c>.</summary>
    LastLineOfText = 1 << 5,

    /// <summary>The Subject of a message.</summary>
    Subject = 1 << 6,

    /// <summary>A header field of a message.</summary>
    XHeader = 1 << 7,

    /// <summary>Marking of a portion of a text.</summary>
    PortionMarking = 1 << 8,

    /// <summary>A watermark.</summary>
    WaterMark = 1 << 9,

    /// <summary>Some place; together these say where.</summary>
    AnyPlace = PageTop | PageBottom | DocumentStart | DocumentEnd | FirstLineOfText | LastLineOfText | Subject | XHeader | PortionMarking | WaterMark,

    /// <summary>The element's name is not shown.</summary>
    NoNameDisplay = 1 << 16,

    /// <summary>Nothing is shown of the element.</summary>
    NoMarkingDisplay = 1 << 17,

    /// <summary>The name of the classification is not shown.</summary>
    SuppressClassName = 1 << 18,

    /// <summary>The phrase stands in place of the policy's name.</summary>
    ReplacePolicy = 1 << 19,
}
