using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Configuration;

/// <summary>A security policy in a file, in XML or ASN.1.</summary>
public static class PolicyFile
{
    /// <exception cref="PolicyRefusedException">It is none, or one without a single meaning.</exception>
    public static SecurityPolicy Read(ReadOnlyMemory<byte> octets) =>
        // XML begins with '<', whatever its encoding says; ASN.1 with the tag of a SEQUENCE, which is '0'.
        octets.Span.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'0', ..] ? AsnSpifReader.Read(octets) : SpifReader.Read(octets);
}
