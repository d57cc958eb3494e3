namespace MilSwitch.Smime.Making;

/// <summary>
/// How a domain signature gets into a message so that no mailing list agent takes it off again (RFC 3183 §5). Agents strip the
/// signatures outside of an encrypted object or of the one with their history: there it would be lost. Immutable.
/// </summary>
/// <param name="Stripped">So many layers are taken off first, from the outside; signatures all of them.</param>
/// <param name="Opens">What they held is encrypted and is decrypted with the domain's key; the signature goes around what is inside.</param>
/// <param name="MustEncrypt">Even if no policy asks for it, the result is encrypted again: something inside is, too.</param>
/// <param name="KeepsHistory">At last another signature goes around it with the signed attributes of the one that had the history.</param>
public sealed record DomainSigningPlan(int Stripped, bool Opens, bool MustEncrypt, bool KeepsHistory)
{
    /// <summary>The attributes to remember are those of this layer, counted from the outside; null: none are.</summary>
    public int? HistoryAt { get; private init; }

    /// <summary>Decides. Pure.</summary>
    /// <param name="layers">Of the message, outermost first, as far as they are known.</param>
    public static DomainSigningPlan For(params ReadOnlySpan<SigningSurroundings> layers)
    {
        int? history = null;
        var encrypted = -1;
        for (var i = 0; i < layers.Length && encrypted < 0; i++)
        {
            if (layers[i] is SigningSurroundings.Encrypted) encrypted = i;
            else if (layers[i] is SigningSurroundings.SignedWithHistory) history ??= i;
        }

        if (encrypted < 0) return new DomainSigningPlan(history + 1 ?? 0, Opens: false, MustEncrypt: false, KeepsHistory: history is not null) { HistoryAt = history };
        var isDouble = false;
        foreach (var inside in layers[(encrypted + 1)..]) isDouble |= inside is SigningSurroundings.Encrypted;
        return new DomainSigningPlan(encrypted, Opens: true, MustEncrypt: isDouble, KeepsHistory: history is not null) { HistoryAt = history };
    }
}

/// <summary>What a layer is to who puts a domain signature into a message.</summary>
public enum SigningSurroundings : byte
{
    Signed,

    /// <summary>Signed, with an mlExpansionHistory attribute: by a mailing list agent.</summary>
    SignedWithHistory,

    Encrypted,
}
