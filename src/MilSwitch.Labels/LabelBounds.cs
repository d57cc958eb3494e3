namespace MilSwitch.Labels;

/// <summary>How large a label may be, whatever carries it. What is larger is refused.</summary>
public static class LabelBounds
{
    /// <summary>Greatest classification (RFC 2634 §3.2, <c>ub-integer-options</c>).</summary>
    public const int Classification = 256;

    /// <summary>Elements of security-categories (RFC 2634 §3.2, <c>ub-security-categories</c>).</summary>
    public const int Categories = 64;

    /// <summary>Greatest position in a bit map.</summary>
    public const int BitPosition = 65_535;

    /// <summary>Values of one category.</summary>
    public const int Values = 4_096;

    /// <summary>Characters of a value that is a text.</summary>
    public const int Text = 256;

    /// <summary>Characters of a privacy mark in PrintableString (RFC 2634 §3.2, <c>ub-privacy-mark-length</c>).</summary>
    public const int PrivacyMarkPrintable = 128;

    /// <summary>Characters of any other privacy mark, to which RFC 2634 sets no end.</summary>
    public const int PrivacyMark = 1_024;

    /// <summary>Octets of one encoded label, in any form.</summary>
    public const int EncodedOctets = 262_144;

    /// <summary>Labels in equivalentLabels.</summary>
    public const int EquivalentLabels = 64;
}
