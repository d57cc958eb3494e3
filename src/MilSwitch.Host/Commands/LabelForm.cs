namespace MilSwitch.Host.Commands;

/// <summary>What labels are read from and written as.</summary>
internal enum LabelForm : byte
{
    /// <summary><c>ESSSecurityLabel</c> in DER (RFC 2634 §3.2).</summary>
    Ess = 1,

    /// <summary>The same in base64, on one line.</summary>
    EssBase64,

    /// <summary>A label of X.411 in DER.</summary>
    X411,

    /// <summary>The header field of RFC 7444.</summary>
    SioLabel,

    /// <summary>ADatP-4774.</summary>
    Stanag4774,

    /// <summary>The same with values as bits and integers, for those who know no names: written only.</summary>
    Stanag4774Numbers,

    /// <summary>A binding of ADatP-4778.</summary>
    Stanag4778,

    /// <summary>The XML of the library spiffing.</summary>
    Native,

    /// <summary>The XML that RFC 7444 shows.</summary>
    SecLabel,

    /// <summary><c>POLICY-OID:CLASSIFICATION[:PRIVACY-MARK]</c>.</summary>
    Plain,

    /// <summary>Markings, each by the grammar of its place.</summary>
    FirstLine,
    LastLine,
    Subject,
    XHeader,
    Display,
}
