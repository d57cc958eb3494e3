namespace MilSwitch.Smime.Clearances;

/// <summary>Why no clearance is taken from certificates.</summary>
public enum ClearanceFault
{
    /// <summary>The path of the subject's or holder's certificate is not valid.</summary>
    Path,

    /// <summary>An attribute or a constraint can't be read.</summary>
    Malformed,

    /// <summary>RFC 5913: multiple instances of an attribute.</summary>
    SeveralAttributes,

    /// <summary>RFC 5913: multiple values.</summary>
    SeveralValues,

    /// <summary>RFC 5913: multiple instances of same clearance; the path is rejected.</summary>
    RepeatedPolicy,

    /// <summary>The attribute certificate is somebody else's.</summary>
    Holder,

    /// <summary>Who issued the attribute certificate is not one who may.</summary>
    Issuer,

    /// <summary>The signature of the attribute certificate is not good, or made in a way that is not accepted.</summary>
    Signature,

    /// <summary>The attribute certificate is not valid yet, or no more.</summary>
    Validity,

    /// <summary>The attribute certificate is revoked, or whether it is is not known and has to be.</summary>
    Revocation,

    /// <summary>The attribute certificate is for other servers.</summary>
    Target,

    /// <summary>The attribute certificate has a critical extension that is not known.</summary>
    CriticalExtension,
}
