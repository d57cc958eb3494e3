using System.Formats.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>ContentIdentifier ::= OCTET STRING</c> (RFC 2634 §2.7) and <c>MsgSigDigest ::= OCTET STRING</c> (§2.10).
/// </summary>
public static class EssOctets
{
    /// <exception cref="CmsFormatException">They are none.</exception>
    public static byte[] Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "an OCTET STRING", r => r.ReadOctetString());

    public static byte[] Encode(ReadOnlySpan<byte> octets)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(octets);
        return writer.Encode();
    }
}
