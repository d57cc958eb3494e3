namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>Somebody to encrypt for. A closed set of kinds, immutable.</summary>
public abstract record EnvelopedRecipient
{
    private EnvelopedRecipient()
    {
    }

    /// <summary>The owner of a certificate; the kind of its key decides between key transport, agreement and encapsulation.</summary>
    /// <param name="certificate">Already believed: nothing is checked here but the key.</param>
    /// <param name="byKeyIdentifier">Name it by subject key identifier, where it has one.</param>
    public static EnvelopedRecipient For(RecipientCertificate certificate, bool byKeyIdentifier = false) => new Owner(certificate, byKeyIdentifier);

    public static EnvelopedRecipient For(KeyEncryptionKey shared) => new Holder(shared);

    /// <param name="password">UTF-8.</param>
    public static EnvelopedRecipient ForPassword(ReadOnlyMemory<byte> password) => new Knower(password);

    internal sealed record Owner(RecipientCertificate Certificate, bool ByKeyIdentifier) : EnvelopedRecipient
    {
        public RecipientIdentifier Name => (ByKeyIdentifier ? Certificate.ByKeyIdentifier : null) ?? Certificate.ByIssuerAndSerial;
    }

    internal sealed record Holder(KeyEncryptionKey Shared) : EnvelopedRecipient;

    internal sealed record Knower(ReadOnlyMemory<byte> Password) : EnvelopedRecipient;
}
