using System.Collections.Immutable;

namespace MilSwitch.Labels.Carriers;

/// <summary><c>EquivalentLabels ::= SEQUENCE OF ESSSecurityLabel</c> (RFC 2634 §3.4): the label under other policies. Stateless and thread-safe.</summary>
public static class EquivalentLabels
{
    /// <summary>Reads BER.</summary>
    /// <exception cref="LabelRefusedException">They are none, or more than <see cref="LabelBounds.EquivalentLabels"/>.</exception>
    public static IReadOnlyList<SecurityLabel> Read(ReadOnlyMemory<byte> octets) => LabelElement.Decode<IReadOnlyList<SecurityLabel>>(octets.Span, "EquivalentLabels", (ref cursor) =>
    {
        var sequence = cursor.Enter(LabelCursor.Sequence);
        var labels = ImmutableArray.CreateBuilder<SecurityLabel>();
        while (sequence.HasData)
        {
            if (labels.Count == LabelBounds.EquivalentLabels) throw new LabelRefusedException(LabelFault.TooLarge, "more than 64 equivalent labels");
            labels.Add(EssLabel.ReadElement(ref sequence));
        }

        return labels.DrainToImmutable();
    });

    /// <summary>Writes DER.</summary>
    /// <exception cref="LabelRefusedException">They are too many, or one can't be written.</exception>
    public static byte[] Encode(IReadOnlyList<SecurityLabel> labels)
    {
        if (labels.Count > LabelBounds.EquivalentLabels) throw new LabelRefusedException(LabelFault.TooLarge, "more than 64 equivalent labels");
        var encoded = labels.Select(EssLabel.Encode).ToArray();
        var octets = LabelElement.Encode(encoded, isEss: true, static (writer, all, _) =>
        {
            using (writer.PushSequence())
            {
                foreach (var label in all) writer.WriteEncodedValue(label);
            }
        });
        return octets.Length <= LabelBounds.EncodedOctets ? octets : throw new LabelRefusedException(LabelFault.TooLarge, "equivalent labels are larger than is allowed");
    }
}
