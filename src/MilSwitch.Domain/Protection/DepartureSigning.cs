namespace MilSwitch.Domain.Protection;

/// <summary>How a route signs.</summary>
/// <param name="Key">Name of the key.</param>
public sealed record DepartureSigning(string Key)
{
    /// <summary>The signature travels in <c>application/pkcs7-mime</c> and not beside the text in <c>multipart/signed</c>.</summary>
    public bool Opaque { get; init; }

    /// <summary><c>sha256</c>, <c>sha384</c> or <c>sha512</c>; null: what goes with the key.</summary>
    public string? Digest { get; init; }

    /// <summary>The role of the signer (RFC 3183 §3.1): <c>originator</c>, <c>domain</c>, <c>attribute</c>, <c>review</c>; null: none is named.</summary>
    public string? SignatureType { get; init; }

    /// <summary>
    /// Around a message that nobody signed an object without signers goes first, as RFC 3183 §3 has it for all roles but the
    /// originator's. Clients that know no S/MIME then show no text.
    /// </summary>
    public bool Encapsulates { get; init; }

    /// <summary>
    /// Signatures that are there already are countersigned (RFC 5652 §11.4), and none goes around them; what is not signed at its root
    /// is signed as ever. A countersignature does not cover the header.
    /// </summary>
    public bool Countersigns { get; init; }

    /// <summary>How the header is protected.</summary>
    public HeaderProtection HeaderProtection { get; init; }

    /// <summary>The value of a receiptRequest attribute, DER, for the innermost signature (RFC 2634 §2.2); empty: no receipt is asked for.</summary>
    public ReadOnlyMemory<byte> ReceiptRequest { get; init; }

    /// <summary>A signature that is made before, and which this one goes around (RFC 3183 §3); null: this one is the first.</summary>
    public DepartureSigning? Around { get; init; }

    /// <summary>All of them in the order in which they are made.</summary>
    public IEnumerable<DepartureSigning> InOrder()
    {
        foreach (var before in Around?.InOrder() ?? []) yield return before;
        yield return this;
    }
}
