namespace MilSwitch.Labels.Carriers;

/// <summary>
/// <c>SecurityLabel ::= SET { security-policy-identifier OPTIONAL, security-classification OPTIONAL, privacy-mark PrintableString OPTIONAL,
/// security-categories OPTIONAL }</c> of X.400 messages (X.411 §9.5). The octets are those of an ESS label (RFC 2634 §3.2), but the policy may
/// be left out and a privacy mark has printable characters only. Stateless and thread-safe.
/// </summary>
public static class X411Label
{
    /// <summary>Reads BER.</summary>
    /// <param name="octets">As they came.</param>
    /// <param name="localPolicy">Policy of a label that names none, dotted: X.411 leaves it to the security domain; null: such a label is refused.</param>
    /// <exception cref="LabelRefusedException">It is no label, or names no policy (<see cref="LabelFault.UnknownPolicy"/>).</exception>
    public static SecurityLabel Read(ReadOnlyMemory<byte> octets, string? localPolicy = null) =>
        LabelElement.Decode(octets.Span, "SecurityLabel", (ref cursor) => LabelElement.Read(ref cursor, isEss: false, localPolicy));

    /// <summary>Writes DER, always with the policy.</summary>
    /// <exception cref="LabelRefusedException">As for <see cref="EssLabel.Encode"/>, or its privacy mark has other characters.</exception>
    public static byte[] Encode(SecurityLabel label) => LabelElement.Encode(label, isEss: false);
}
