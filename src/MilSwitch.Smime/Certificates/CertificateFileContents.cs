namespace MilSwitch.Smime.Certificates;

/// <summary>What a file holds that helps to judge certificates. Immutable.</summary>
/// <param name="Certificates">In their order.</param>
/// <param name="RevocationLists">In their order.</param>
/// <param name="OcspResponses">In their order.</param>
public sealed record CertificateFileContents(IReadOnlyList<Certificate> Certificates, IReadOnlyList<RevocationList> RevocationLists, IReadOnlyList<OcspResponse> OcspResponses)
{
    /// <summary>Nothing of either kind.</summary>
    public bool IsEmpty => Certificates.Count + RevocationLists.Count + OcspResponses.Count is 0;
}
