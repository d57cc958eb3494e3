namespace MilSwitch.Labels.Markings;

/// <summary>Where a marking stands.</summary>
public enum MarkingPlace : byte
{
    /// <summary>On a screen: what the policy says for the top or the bottom of a page, the first in its document.</summary>
    Display = 0,

    PageTop = 1,
    PageBottom = 2,
    DocumentStart = 3,
    DocumentEnd = 4,

    /// <summary>First line of the text of a message (FLOT).</summary>
    FirstLine = 5,

    /// <summary>Last line of the text of a message (LLOT).</summary>
    LastLine = 6,

    /// <summary>In the Subject of a message.</summary>
    Subject = 7,

    /// <summary>A header field of its own.</summary>
    XHeader = 8,

    /// <summary>Beside a portion of a text.</summary>
    Portion = 9,

    Watermark = 10,
}
