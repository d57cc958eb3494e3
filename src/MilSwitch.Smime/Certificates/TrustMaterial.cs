using System.Security.Cryptography;
using System.Text;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// What one security domain believes in: its anchors, and beside them certificates, revocation lists and OCSP responses that
/// help to judge. The system's store is never asked, and nothing is fetched (threat C15). Immutable and thread-safe.
/// </summary>
public sealed class TrustMaterial
{
    private readonly ILookup<DistinguishedName, Certificate> anchorsByName;
    private readonly ILookup<DistinguishedName, Certificate> intermediatesByName;
    private readonly Lazy<string> fingerprint;

    public TrustMaterial(
        IEnumerable<Certificate> anchors, IEnumerable<Certificate>? intermediates = null, IEnumerable<RevocationList>? revocationLists = null, IEnumerable<OcspResponse>? ocspResponses = null)
    {
        Anchors = [.. anchors.Distinct()];
        Intermediates = [.. (intermediates ?? []).Distinct()];
        RevocationLists = [.. (revocationLists ?? []).DistinctBy(l => l.Thumbprint, StringComparer.Ordinal)];
        OcspResponses = [.. (ocspResponses ?? []).DistinctBy(r => r.Thumbprint, StringComparer.Ordinal)];
        anchorsByName = Anchors.ToLookup(c => c.Subject);
        intermediatesByName = Intermediates.ToLookup(c => c.Subject);
        fingerprint = new Lazy<string>(ComputeFingerprint);
    }

    private TrustMaterial(TrustMaterial other, Certificate anchor)
    {
        Anchors = [anchor];
        (Intermediates, RevocationLists, OcspResponses, intermediatesByName) = (other.Intermediates, other.RevocationLists, other.OcspResponses, other.intermediatesByName);
        anchorsByName = Anchors.ToLookup(c => c.Subject);
        fingerprint = new Lazy<string>(ComputeFingerprint);
    }

    public IReadOnlyList<Certificate> Anchors { get; }

    public IReadOnlyList<Certificate> Intermediates { get; }

    public IReadOnlyList<RevocationList> RevocationLists { get; }

    public IReadOnlyList<OcspResponse> OcspResponses { get; }

    /// <summary>One name for all of it: different material has a different one.</summary>
    public string Fingerprint => fingerprint.Value;

    internal IEnumerable<Certificate> AnchorsNamed(DistinguishedName name) => anchorsByName[name];

    internal IEnumerable<Certificate> IntermediatesNamed(DistinguishedName name) => intermediatesByName[name];

    /// <summary>The same, with one anchor only.</summary>
    internal TrustMaterial WithAnchor(Certificate anchor) => new(this, anchor);

    private string ComputeFingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (kind, thumbprints) in new[]
        {
            ("a", Anchors.Select(c => c.Thumbprint)), ("i", Intermediates.Select(c => c.Thumbprint)),
            ("r", RevocationLists.Select(l => l.Thumbprint)), ("o", OcspResponses.Select(r => r.Thumbprint)),
        })
        {
            foreach (var thumbprint in thumbprints.Order(StringComparer.Ordinal)) hash.AppendData(Encoding.ASCII.GetBytes(kind + thumbprint));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
