namespace MilSwitch.Domain.Protection;

/// <summary>What the search for a recipient's certificate came to. One case; immutable.</summary>
public abstract record RecipientCertificateAnswer
{
    private RecipientCertificateAnswer()
    {
    }

    /// <summary>It is judged, and mail may be encrypted to it.</summary>
    /// <param name="Certificate">DER.</param>
    /// <param name="Source">Who had it, for the trail.</param>
    /// <param name="Because">Whose it is and why it is believed, for the trail.</param>
    public sealed record Found(ReadOnlyMemory<byte> Certificate, string Source, string Because) : RecipientCertificateAnswer;

    /// <summary>Everybody answered, and nothing may be used: a person has to provide a certificate.</summary>
    /// <param name="Reason">Why what was found is not used, for that person; empty: nothing was found.</param>
    public sealed record None(string Reason) : RecipientCertificateAnswer;

    /// <summary>Somebody who might know one does not answer: trying later may help.</summary>
    /// <param name="Reason">For the trail.</param>
    public sealed record Unavailable(string Reason) : RecipientCertificateAnswer;
}
