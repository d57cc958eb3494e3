using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Smime.Tokens;

/// <summary>Which key on a token is meant: its label, and the public key that it must go with. Compared by reference.</summary>
internal sealed class TokenKeyIdentity
{
    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string EcPublicKey = "1.2.840.10045.2.1";

    /// <exception cref="NotSupportedException">The certificate has a key of another kind.</exception>
    public TokenKeyIdentity(string label, X509Certificate2 certificate)
    {
        Label = label;
        Certificate = FingerprintOf(certificate.RawData);
        var key = certificate.PublicKey;
        IsRsa = key.Oid.Value is RsaEncryption;
        if (IsRsa)
        {
            var reader = new AsnReader(key.EncodedKeyValue.RawData, AsnEncodingRules.DER).ReadSequence();
            Public = Unsigned(reader.ReadIntegerBytes().Span);
        }
        else if (key.Oid.Value is EcPublicKey)
        {
            Public = key.EncodedKeyValue.RawData;
            Curve = new AsnReader(key.EncodedParameters?.RawData, AsnEncodingRules.DER).ReadObjectIdentifier();
            FieldLength = (Public.Length - 1) / 2;
        }
        else
        {
            throw new NotSupportedException($"Keys on tokens are RSA or EC, not {key.Oid.Value}.");
        }
    }

    public string Label { get; }

    /// <summary><see cref="MilSwitch.Domain.Protection.KeyRequest.Certificate"/>.</summary>
    public string Certificate { get; }

    public bool IsRsa { get; }

    /// <summary>The modulus, or the point.</summary>
    public byte[] Public { get; }

    /// <summary>The curve; empty for RSA.</summary>
    public string Curve { get; } = "";

    /// <summary>Octets of one coordinate; zero for RSA.</summary>
    public int FieldLength { get; }

    public static string FingerprintOf(ReadOnlySpan<byte> certificate) => Convert.ToHexString(SHA256.HashData(certificate));

    /// <summary>Octets without leading zeros.</summary>
    public static byte[] Unsigned(ReadOnlySpan<byte> integer) => integer.TrimStart((byte)0).ToArray();
}
