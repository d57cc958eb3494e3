namespace MilSwitch.Smime.Ess;

/// <summary>What becomes of a field outside the signature (RFC 7508 §4.1).</summary>
public enum SecureHeaderFieldStatus : byte
{
    /// <summary>It stands there too.</summary>
    Duplicated = 0,

    /// <summary>It was taken away there.</summary>
    Deleted = 1,

    /// <summary>It has another value there.</summary>
    Modified = 2,
}
