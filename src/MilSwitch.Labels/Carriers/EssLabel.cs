namespace MilSwitch.Labels.Carriers;

/// <summary>
/// <c>ESSSecurityLabel ::= SET { security-policy-identifier SecurityPolicyIdentifier, security-classification SecurityClassification
/// OPTIONAL, privacy-mark ESSPrivacyMark OPTIONAL, security-categories SecurityCategories OPTIONAL }</c> (RFC 2634 §3.2), with categories
/// in the syntaxes of ACP 145 and SDN.801c. Others are kept octet by octet. Stateless and thread-safe.
/// </summary>
public static class EssLabel
{
    private const string Name = "ESSSecurityLabel";

    /// <summary>Reads BER.</summary>
    /// <exception cref="LabelRefusedException">It is no label; the position is that of the element at fault.</exception>
    public static SecurityLabel Read(ReadOnlyMemory<byte> octets) => LabelElement.Decode(octets.Span, Name, ReadElement);

    /// <summary>Writes DER. What was read from DER comes out as it was.</summary>
    /// <exception cref="LabelRefusedException">It has more than a label may have, the same tag twice, or an identifier that is none.</exception>
    public static byte[] Encode(SecurityLabel label) => LabelElement.Encode(label, isEss: true);

    internal static SecurityLabel ReadElement(ref LabelCursor cursor) => LabelElement.Read(ref cursor, isEss: true, policy: null);
}
