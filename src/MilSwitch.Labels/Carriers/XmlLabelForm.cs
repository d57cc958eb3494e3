namespace MilSwitch.Labels.Carriers;

/// <summary>Which kind of XML a label is in.</summary>
public enum XmlLabelForm : byte
{
    /// <summary>ADatP-4774.</summary>
    Stanag4774 = 1,

    /// <summary>A binding of ADatP-4778 with such a label in it.</summary>
    Stanag4778 = 2,

    /// <summary>The XML of <see cref="NativeXmlLabel"/>.</summary>
    Native = 3,

    /// <summary>RFC 7444's example.</summary>
    SecLabel = 4,
}
