using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>One way to the content-encryption key (RFC 5652 §6.2). A closed set of kinds, immutable.</summary>
public abstract record RecipientInfo
{
    private protected RecipientInfo()
    {
    }

    /// <summary><c>ktri</c>, <c>kari</c>, <c>kekri</c>, <c>pwri</c>, <c>kemri</c>; <c>ori</c> for what is not known.</summary>
    public abstract string Kind { get; }

    /// <summary>Whom it is for, for people: key identifier or serial number in hexadecimal digits; empty for a password.</summary>
    public abstract string Id { get; }

    /// <summary>How the content-encryption key is kept.</summary>
    public abstract AlgorithmIdentifier Algorithm { get; }
}
