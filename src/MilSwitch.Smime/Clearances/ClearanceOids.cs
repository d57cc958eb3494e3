namespace MilSwitch.Smime.Clearances;

/// <summary>Object identifiers of clearances in certificates.</summary>
internal static class ClearanceOids
{
    /// <summary>id-at-clearance (X.501, RFC 5755 §4.4.6, RFC 5913 §2).</summary>
    public const string Attribute = "2.5.4.55";

    /// <summary>id-at-clearance as RFC 3281 had it by mistake.</summary>
    public const string OldAttribute = "2.5.1.5.55";

    /// <summary>targetInformation (RFC 5755 §4.3.2).</summary>
    public const string TargetInformation = "2.5.29.55";

    /// <summary>noRevAvail (RFC 5755 §4.3.6).</summary>
    public const string NoRevocationAvailable = "2.5.29.56";

    public static bool IsClearance(string type) => type is Attribute or OldAttribute;
}
