namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>A symmetric key that both sides share, by its name (RFC 5652 §6.2.3).</summary>
/// <param name="Identifier">Octets of <c>keyIdentifier</c>.</param>
/// <param name="Key">16, 24 or 32 octets.</param>
public sealed record KeyEncryptionKey(ReadOnlyMemory<byte> Identifier, ReadOnlyMemory<byte> Key)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => $"shared key {Convert.ToHexStringLower(Identifier.Span)}";
}
