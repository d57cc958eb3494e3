namespace MilSwitch.Smime.Tokens;

/// <summary>Keys that are made on tokens.</summary>
public enum TokenKeyKind : byte
{
    Rsa2048,
    Rsa3072,
    Rsa4096,
    P256,
    P384,
    P521,
}
