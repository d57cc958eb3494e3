using System.Text;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Military;
using MilSwitch.Host.Api;
using MilSwitch.Mime;

namespace MilSwitch.Host.Submission;

/// <summary>Judges MMHS fields that came as values by the rules of a header's fields, with the same words and positions. Pure; never throws.</summary>
internal static class MmhsInput
{
    /// <summary>The fields; of one with a fault nothing.</summary>
    /// <param name="given">As they came.</param>
    /// <param name="faults">What is wrong; empty: nothing.</param>
    public static MmhsFields Read(MmhsView given, out IReadOnlyList<FieldFault> faults)
    {
        var found = new List<FieldFault>();
        var header = new StringBuilder();
        foreach (var (field, values) in given.Given())
        {
            var isAddresses = field is MmhsField.ExemptedAddress or MmhsField.AuthorizingUsers;
            var isList = field is MmhsField.SubjectIndicatorCodes or MmhsField.HandlingInstructions or MmhsField.MessageInstructions or MmhsField.OtherRecipientsIndicatorTo or MmhsField.OtherRecipientsIndicatorCc;
            var body = " " + string.Join(isAddresses ? ", " : "; ", values.Select(v => v ?? ""));
            if (Breaks(values, isList, out var at)) found.Add(new MmhsFault(field, MmhsRule.Character, at).ToFieldFault());
            else header.Append(field.Name()).Append(':').Append(body).Append("\r\n");
        }

        var octets = Encoding.UTF8.GetBytes(header.Append("\r\n").ToString());
        var reading = MmhsReader.Read(HeaderBlock.Scan(octets, int.MaxValue, MmhsFieldNames.Count + 1));
        faults = [.. found, .. reading.Faults.Select(f => f.ToFieldFault())];
        return reading.Fields;
    }

    // What would end the value, the field or the header: none of it may come from inside a value.
    private static bool Breaks(IReadOnlyList<string> values, bool isList, out int position)
    {
        var before = 2;
        foreach (var value in values)
        {
            var text = value ?? "";
            for (var i = 0; i < text.Length; i++)
            {
                if (!char.IsControl(text[i]) && !(isList && text[i] is ';') && !char.IsSurrogate(text[i])) continue;
                position = before + Encoding.UTF8.GetByteCount(text.AsSpan(0, i));
                return true;
            }

            before += Encoding.UTF8.GetByteCount(text) + 2;
        }

        position = 0;
        return false;
    }
}
