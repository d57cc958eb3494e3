namespace MilSwitch.Smime.Certificates;

/// <summary>A certificate in a revocation list (RFC 5280 §5.3). Immutable.</summary>
/// <param name="At">When it was revoked.</param>
/// <param name="Reason">CRLReason; 0: unspecified, 6: on hold, 8: taken off the list.</param>
public readonly record struct RevokedEntry(DateTimeOffset At, int Reason)
{
    /// <summary>removeFromCRL: in a delta list, the certificate is revoked no more.</summary>
    public bool IsRemoved => Reason is 8;

    /// <summary>As RFC 5280 §5.3.1 names it.</summary>
    public string ReasonText => Reason switch
    {
        1 => "keyCompromise", 2 => "cACompromise", 3 => "affiliationChanged", 4 => "superseded", 5 => "cessationOfOperation", 6 => "certificateHold",
        8 => "removeFromCRL", 9 => "privilegeWithdrawn", 10 => "aACompromise", _ => "unspecified",
    };
}
