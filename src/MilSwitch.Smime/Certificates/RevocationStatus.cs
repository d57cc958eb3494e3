namespace MilSwitch.Smime.Certificates;

/// <summary>What is known of a certificate's revocation. Neither good nor revoked: unknown.</summary>
internal readonly record struct RevocationStatus(bool IsGood, bool IsRevoked, string Detail)
{
    public static RevocationStatus Good { get; } = new(true, false, "");

    public static RevocationStatus Revoked(string detail) => new(false, true, detail);

    public static RevocationStatus Unknown(string detail) => new(false, false, detail);
}
