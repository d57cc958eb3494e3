using System.Formats.Asn1;
using System.Runtime.InteropServices;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// Reads a policy from ASN.1 (<c>SPIF</c> of X.841 and SDN.801c, BER), signed or not; a signature is passed over: whoever
/// needs one verifies it. The syntax of its categories is open in X.841: those of labels (ACP 145, MISSI) are read, others refused. Judged by the rules of <see cref="SpifReader"/>; problems
/// tell an octet in place of a line. Thread-safe.
/// </summary>
public static class AsnSpifReader
{
    /// <exception cref="PolicyRefusedException">It is none, or has no single meaning.</exception>
    public static SecurityPolicy Read(ReadOnlyMemory<byte> document)
    {
        if (document.Length > SpifBounds.Octets) throw PolicyProblems.Only(new SpifPlace(0, 0, 0), $"A policy has at most {SpifBounds.Octets} octets");
        var problems = new PolicyProblems();
        // Octets are told by where they lie, so they must lie in an array.
        var input = new AsnSpifInput(MemoryMarshal.TryGetArray(document, out _) ? document : document.ToArray());
        SpifElement root;
        try
        {
            root = new AsnSpifTree(input, problems).Read();
        }
        catch (AsnContentException e)
        {
            throw PolicyProblems.Only(input.Last, "This is not the encoding of a SPIF", e);
        }

        return PolicyBuilder.Build(root, document.Span, problems);
    }
}
