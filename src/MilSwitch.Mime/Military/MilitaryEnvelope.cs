using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;

namespace MilSwitch.Mime;

/// <summary>What an envelope keeps of a message's military fields, and reads back. Never throws for any octets. Stateless and thread-safe.</summary>
public static class MilitaryEnvelope
{
    private const int LongestReference = 998;

    /// <summary>The envelope with what the header says.</summary>
    /// <param name="envelope">Of the message.</param>
    /// <param name="header">Scanned; of the message as it is stored.</param>
    public static Envelope With(Envelope envelope, HeaderBlock header)
    {
        var reading = MmhsReader.Read(header);
        return envelope with
        {
            MilitaryFields = reading.Present.IsEmpty ? null : Written(reading.Fields),
            Expires = Expires(header),
            Supersedes = header.TryGetSingle("Supersedes"u8, out var replaced) && replaced.Trim() is { Length: > 2 and <= LongestReference } id && id[0] is '<' && id[^1] is '>' && id.All(c => c is > ' ' and <= '~') ? id : null,
        };
    }

    /// <summary>The fields that an envelope keeps.</summary>
    public static MmhsReading Read(Envelope envelope) =>
        MmhsReader.Read(HeaderBlock.Scan(Encoding.UTF8.GetBytes((envelope.MilitaryFields ?? "") + "\r\n"), int.MaxValue, int.MaxValue));

    /// <summary>What routes may ask.</summary>
    public static MilitaryFacts Facts(Envelope envelope)
    {
        if (envelope.MilitaryFields is null) return MilitaryFacts.None;
        var fields = Read(envelope).Fields;
        return new MilitaryFacts { Codes = fields.SubjectIndicatorCodes, Type = fields.MessageType?.Value, Instructions = [.. fields.MessageInstructions, .. fields.HandlingInstructions] };
    }

    // A field with a fault is not among them.
    private static string? Written(MmhsFields fields) => Encoding.UTF8.GetString(MmhsWriter.Write(fields)) is { Length: > 0 } text ? text : null;

    private static DateTimeOffset? Expires(HeaderBlock header)
    {
        for (var i = 0; i < header.Count; i++)
        {
            if (!Ascii.EqualsIgnoreCase(header.Name(i), "Expires"u8)) continue;
            var body = new MmhsBody(header.RawValue(i));
            return header.CountOf("Expires"u8) is 1 && MmhsDate.TryRead(ref body, out var time) ? time.ToUniversalTime() : null;
        }

        return null;
    }
}
