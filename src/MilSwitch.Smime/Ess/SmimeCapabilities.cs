using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary><c>SMIMECapabilities ::= SEQUENCE OF SMIMECapability</c>, each an algorithm with parameters, most wanted first (RFC 8551 §2.5.2).</summary>
public static class SmimeCapabilities
{
    private const int Most = 100;

    /// <exception cref="CmsFormatException">They are none.</exception>
    public static IReadOnlyList<AlgorithmIdentifier> Read(ReadOnlyMemory<byte> octets) =>
        EssValue.Decode(octets, "SMIMECapabilities", r => EssValue.Many(r.ReadSequence(), 0, Most, AlgorithmIdentifier.Read));

    public static byte[] Encode(IReadOnlyList<AlgorithmIdentifier> capabilities) => EssValue.Encode(w =>
    {
        using (w.PushSequence())
        {
            foreach (var capability in capabilities) capability.Write(w);
        }
    });
}
