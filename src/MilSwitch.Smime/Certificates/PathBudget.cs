using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Certificates;

/// <summary>What one judgement has spent, with the signatures that it verified. Shared with the judgements of those who sign revocation lists.</summary>
internal sealed class PathBudget(PathBounds bounds)
{
    private readonly Dictionary<(object Signed, VerificationKey Key), bool> verified = [];
    private readonly Dictionary<Certificate, VerificationKey?> keys = [];
    private int signatures = bounds.Signatures;
    private int steps = bounds.Steps;
    private int paths = bounds.Paths;
    private int names = bounds.NameChecks;

    /// <summary>Certificates whose right to sign revocation lists is being judged now: none is asked to vouch for itself.</summary>
    public HashSet<Certificate> Signers { get; } = [];

    /// <summary>A judgement stopped before its end.</summary>
    public bool IsExhausted { get; private set; }

    public bool TakeStep() => Take(ref steps, 1);

    public bool TakePath() => Take(ref paths, 1);

    public bool TakeNames(int count) => Take(ref names, count);

    /// <summary>The key of a certificate that needs no other's parameters.</summary>
    public VerificationKey? KeyOf(Certificate certificate)
    {
        if (!keys.TryGetValue(certificate, out var key)) keys[certificate] = key = certificate.ReadKey();
        return key;
    }

    /// <summary>Whether a signature is good; verified once for each key.</summary>
    public bool Verify(object signed, ReadOnlyMemory<byte> octets, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> signature, VerificationKey key)
    {
        if (verified.TryGetValue((signed, key), out var known)) return known;
        if (SignatureScheme.Find(algorithm) is not { } scheme || !key.Fits(scheme) || (!scheme.SignsOctets && scheme.Digest is null)) return false;
        if (!Take(ref signatures, 1)) return false;
        return verified[(signed, key)] = key.Verify(scheme, scheme.Digest!, octets.Span, signature.Span);
    }

    private bool Take(ref int left, int count)
    {
        if (left < count)
        {
            IsExhausted = true;
            return false;
        }

        left -= count;
        return true;
    }
}
