namespace MilSwitch.Switching.Labelling;

/// <summary>A place in a message where a label may stand.</summary>
public enum LabelSource : byte
{
    /// <summary>Signed attributes (RFC 2634 §3).</summary>
    Ess = 0,

    /// <summary>The field SIO-Label (RFC 7444).</summary>
    SioLabel = 1,

    /// <summary>The marking in the first line of text.</summary>
    FirstLine = 2,

    /// <summary>The marking in the last line of text.</summary>
    LastLine = 3,

    /// <summary>The marking in the Subject.</summary>
    Subject = 4,

    /// <summary>A part with a binding of ADatP-4778 to the message, in clear.</summary>
    Binding = 5,

    /// <summary>The marking in a header field whose name the settings have.</summary>
    XHeader = 6,
}
