using MilSwitch.Domain.Operations;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Switching.Operations;

/// <summary>Changes the octets of a message as a person asked. What is signed or encrypted as a whole is not touched. Pure.</summary>
internal static class ContentCorrection
{
    /// <param name="message">All of it, with CRLF line ends.</param>
    /// <param name="change">What is to be changed.</param>
    /// <param name="policies">For the marking beside the label.</param>
    /// <param name="hostName">Who changes the label, for its history (RFC 7444 §5).</param>
    /// <param name="now">When.</param>
    /// <exception cref="FormatException">It can't be done with this message; with a text for the operator.</exception>
    public static ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> message, MessageCorrection change, PolicySet policies, string hostName, DateTimeOffset now)
    {
        var header = Scan(message);
        if (header.Fault is not HeaderFault.None) throw new FormatException("its header can't be read");
        if (ProtectedContent.Is(header)) throw new FormatException("it is signed or encrypted: only its recipients can be changed");
        var corrected = change.DropParts.IsEmpty ? message : PartRemoval.Remove(message, change.DropParts);
        if (change.Label is { } label)
        {
            try
            {
                corrected = new LabelWriter(policies, hostName, now, []).Write(corrected, EssLabel.Read(label.Encoded), [LabelSource.SioLabel]);
            }
            catch (LabelRefusedException refused)
            {
                throw new FormatException("no label: " + refused.Message, refused);
            }
        }

        if (!change.SubjectCodes.IsDefault) corrected = SubjectCodesField.Replace(corrected, Scan(corrected), change.SubjectCodes);
        return corrected;
    }

    private static HeaderBlock Scan(ReadOnlyMemory<byte> message) => HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
}
