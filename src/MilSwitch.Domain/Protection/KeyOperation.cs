namespace MilSwitch.Domain.Protection;

/// <summary>What is asked of a private key on a token. It can be asked of another node: nothing of the message is in it.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Input">A digest, a wrapped key, or the other side's public key (<c>SubjectPublicKeyInfo</c>).</param>
public sealed record KeyOperation(KeyOperationKind Kind, ReadOnlyMemory<byte> Input)
{
    /// <summary>The digest's algorithm as object identifier; for signatures.</summary>
    public string Digest { get; init; } = "";

    /// <summary><c>RSAES-OAEP-params</c> (RFC 8017 §A.2.1), DER; for <see cref="KeyOperationKind.OpenOaep"/>.</summary>
    public ReadOnlyMemory<byte> Parameters { get; init; }

    /// <summary>Octets that the opened key must have; for <see cref="KeyOperationKind.OpenPkcs1"/> and <see cref="KeyOperationKind.OpenOaep"/>.</summary>
    public int KeyLength { get; init; }

    /// <summary>What comes out instead where the padding is wrong; for <see cref="KeyOperationKind.OpenPkcs1"/>.</summary>
    public ReadOnlyMemory<byte> StandIn { get; init; }
}

/// <summary>Numbers that nodes say to each other: never changed, never used again.</summary>
public enum KeyOperationKind : byte
{
    /// <summary>RSASSA-PKCS1-v1_5.</summary>
    SignPkcs1 = 1,

    /// <summary>RSASSA-PSS, with a salt as long as the digest.</summary>
    SignPss = 2,

    /// <summary>ECDSA; yields <c>Ecdsa-Sig-Value</c>.</summary>
    SignEcdsa = 3,

    /// <summary>RSAES-PKCS1-v1_5.</summary>
    OpenPkcs1 = 4,

    /// <summary>RSAES-OAEP; nothing where the padding is wrong.</summary>
    OpenOaep = 5,

    /// <summary>ECDH: the shared secret's x; nothing where the point is not on the curve.</summary>
    Agree = 6,
}
