using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Smime.Keys;

/// <summary>Diffie-Hellman on P-256, P-384 and P-521.</summary>
internal sealed class SoftwareEcDecryptionKey : SoftwareDecryptionKey
{
    private readonly ECDiffieHellman _key = ECDiffieHellman.Create();
    private readonly string? _curve;

    public SoftwareEcDecryptionKey(ReadOnlyMemory<byte> certificate, RecipientCertificate owner, ReadOnlySpan<byte> privateKeyInfo)
        : base(certificate)
    {
        _key.ImportPkcs8PrivateKey(privateKeyInfo, out _);
        _curve = owner.Curve;
        var point = _key.ExportParameters(false).Q;
        Belong(owner.PublicKey.Span is [4, .. var xy] && xy.SequenceEqual([.. point.X!, .. point.Y!]));
    }

    public override ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default)
    {
        try
        {
            var sequence = new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
            // Only our own named curve: parameters written out could be of a curve chosen to leak the key.
            if (RecipientCertificate.NamedCurve(AlgorithmIdentifier.Read(sequence)) != _curve) return default;
            if (RecipientCertificate.Point(_curve, sequence.ReadBitString(out _)) is not { } point) return default;
            using var other = ECDiffieHellman.Create(point);
            using var peer = other.PublicKey;
            return ValueTask.FromResult<byte[]?>(_key.DeriveRawSecretAgreement(peer));
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException or ArgumentException)
        {
            return default;
        }
    }

    private protected override void Release() => _key.Dispose();
}
