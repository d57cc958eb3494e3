using System.Formats.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary><c>SignatureType ::= SEQUENCE OF OBJECT IDENTIFIER</c> (RFC 3183 §3.1.2): on whose behalf a signature is.</summary>
public static class SignatureType
{
    public const string Originator = "1.2.840.113549.1.9.16.9.1";
    public const string Domain = "1.2.840.113549.1.9.16.9.2";
    public const string AdditionalAttributes = "1.2.840.113549.1.9.16.9.3";
    public const string Review = "1.2.840.113549.1.9.16.9.4";
    private const int Most = 16;

    /// <summary>As it is shown: originator, domain, attribute or review; null: unknown.</summary>
    public static string? Text(string type) => type switch
    {
        Originator => "originator",
        Domain => "domain",
        AdditionalAttributes => "attribute",
        Review => "review",
        _ => null,
    };

    /// <exception cref="CmsFormatException">It is none.</exception>
    public static IReadOnlyList<string> Read(ReadOnlyMemory<byte> octets) =>
        EssValue.Decode(octets, "SignatureType", r => EssValue.Many(r.ReadSequence(), 1, Most, s => s.ReadObjectIdentifier()));

    public static byte[] Encode(params ReadOnlySpan<string> types)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var type in types) writer.WriteObjectIdentifier(type);
        }

        return writer.Encode();
    }
}
