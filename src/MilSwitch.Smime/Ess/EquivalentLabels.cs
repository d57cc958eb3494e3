using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary><c>EquivalentLabels ::= SEQUENCE OF ESSSecurityLabel</c> (RFC 2634 §3.4).</summary>
public static class EquivalentLabels
{
    private const int Most = 64;

    /// <exception cref="CmsFormatException">They are none.</exception>
    public static IReadOnlyList<EssSecurityLabel> Read(ReadOnlyMemory<byte> octets) =>
        EssValue.Decode(octets, "EquivalentLabels", r => EssValue.Many(r.ReadSequence(), 0, Most, EssSecurityLabel.Read));

    public static byte[] Encode(IReadOnlyList<EssSecurityLabel> labels) => EssValue.Encode(w =>
    {
        using (w.PushSequence())
        {
            foreach (var label in labels) label.Write(w);
        }
    });
}
