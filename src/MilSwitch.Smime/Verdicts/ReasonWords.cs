namespace MilSwitch.Smime.Verdicts;

/// <summary>What a reason means, in a sentence for a person.</summary>
public static class ReasonWords
{
    /// <summary>Says what is wrong, without a full stop.</summary>
    public static string Words(this Reason reason) => reason switch
    {
        Reason.SignatureInvalid => "the signature was not made with this key over these octets",
        Reason.DigestMismatch => "the content is not what was signed",
        Reason.SignedAttributesInvalid => "the signed attributes are missing, contradict the message or can't be read",
        Reason.AlgorithmMismatch => "the algorithms named are not those that were signed, or don't fit the key",
        Reason.CertExpired => "a certificate had expired",
        Reason.CertNotYetValid => "a certificate was not yet valid",
        Reason.CertRevoked => "a certificate was revoked",
        Reason.RevocationUnknown => "whether a certificate is revoked is not known, and it is required",
        Reason.ChainIncomplete => "no path leads from the signer's certificate to an anchor",
        Reason.UntrustedRoot => "the path ends in a root that is no anchor",
        Reason.NameConstraints => "an authority issued for names that it may not",
        Reason.CertPolicy => "no acceptable certificate policy is valid for the path",
        Reason.BasicConstraints => "a certificate on the path is no authority's",
        Reason.PathLength => "the path is longer than an authority allows",
        Reason.KeyUsage => "the certificate is for another use of the key",
        Reason.ExtendedKeyUsage => "the certificate is not for mail",
        Reason.UnknownCriticalExtension => "a certificate has a critical extension that is not known here",
        Reason.WeakAlgorithm => "an algorithm that the suite does not accept",
        Reason.WeakKey => "a key that is too small for the suite",
        Reason.NoSigner => "there is a signature object, and nobody signed",
        Reason.SignerMismatch => "who signed is not who is shown as the sender",
        Reason.FromAmbiguous => "there is not exactly one readable address in From",
        Reason.DisplayNameSpoof => "a display name shows another address than the mailbox",
        Reason.PartialCoverage => "the signature covers only a part of the message",
        Reason.EncryptedNotAtRoot => "an encrypted part stands below the root; it is not opened",
        Reason.NoKey => "none of the keys given is a recipient's",
        Reason.DecryptFailed => "the message can't be decrypted",
        Reason.Unsupported => "a kind of protection that is not processed",
        Reason.Malformed => "it can't be read in exactly one way",
        Reason.TooDeep => "it is nested deeper than is read",
        Reason.TooLarge => "it has more or larger parts than are read",
        Reason.LabelMissing => "there is no security label",
        Reason.LabelInvalid => "a security label can't be read or breaks its policy",
        Reason.LabelMismatch => "two security labels say different things",
        Reason.HeaderMismatch => "an outer header field is not what the protected header says",
        Reason.SigningTime => "the signing time can't be read",
        Reason.DuplicateAttribute => "a signed attribute is there twice",
        Reason.AttributePlacement => "an attribute stands where it must not (RFC 2634 section 1.3.4)",
        Reason.ReceiptMismatch => "the receipt is for another message",
        Reason.NoAddress => "the signer's certificate is for no mail address",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "no reason"),
    };

    /// <summary>The reason with this name; null: there is none.</summary>
    public static Reason? Find(string text) => Enum.GetValues<Reason>().Cast<Reason?>().FirstOrDefault(r => r!.Value.Text() == text);
}
