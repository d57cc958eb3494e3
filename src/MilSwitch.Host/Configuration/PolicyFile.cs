using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Configuration;

/// <summary>A security policy in a file, in XML or ASN.1.</summary>
public static class PolicyFile
{
    /// <exception cref="PolicyRefusedException">It is none, or one without a single meaning.</exception>
    public static SecurityPolicy Read(ReadOnlyMemory<byte> octets) => octets.Span is [0x30, ..] ? AsnSpifReader.Read(octets) : SpifReader.Read(octets);
}
