using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;

namespace MilSwitch.Mime;

/// <summary>Reads what the profiler decides by. Bounded in header, parts and text; never throws for any octets. Stateless and thread-safe.</summary>
public static class ProfileFacts
{
    /// <summary>Octets of the text in which words are looked for.</summary>
    public const int MostText = 64 << 10;

    private const int LongestHeader = 256 << 10;
    private const int LongestSubject = 4_096;
    private const int MostFields = 1_000;

    // A fault in another field changes nothing about who gets the message.
    private static readonly ImmutableArray<MmhsField> Deciding =
        [MmhsField.SubjectIndicatorCodes, MmhsField.HandlingInstructions, MmhsField.MessageInstructions, MmhsField.MessageType];

    /// <param name="content">The whole message with CRLF line ends.</param>
    /// <param name="level">At which it travels.</param>
    /// <param name="role">As what the profiler is addressed.</param>
    /// <param name="label">By which it is handled; null: none.</param>
    /// <param name="address">The profiler's: when Cc names it and To does not, it was only informed, whatever <paramref name="role"/> is. Null: the role is known.</param>
    public static ProfileSubject Read(ReadOnlyMemory<byte> content, Precedence level, ProfileRole role, ProfileLabel? label, Mailbox? address = null)
    {
        var header = HeaderBlock.Scan(content, LongestHeader, MostFields);
        var mmhs = MmhsReader.Read(header);
        var subject = SubjectText.Read(header) ?? "";
        return new ProfileSubject
        {
            Precedence = level,
            CopyPrecedence = mmhs.Fields.CopyPrecedence?.Named,
            Role = address is not null && IsNamed(header, "Cc"u8, address) && !IsNamed(header, "To"u8, address) ? ProfileRole.Information : role,
            Label = label,
            Codes = mmhs.Fields.SubjectIndicatorCodes,
            Originator = Originator(header),
            Type = mmhs.Fields.MessageType?.Value,
            TypeIdentifier = mmhs.Fields.MessageType?.Identifier,
            HandlingInstructions = mmhs.Fields.HandlingInstructions,
            MessageInstructions = mmhs.Fields.MessageInstructions,
            Subject = subject.Length > LongestSubject ? subject[..LongestSubject] : subject,
            Body = TextLines.ReadText(content, MostText) ?? "",
            IsEncrypted = EncryptedContent.IsIn(content),
            Fault = Fault(header, mmhs),
        };
    }

    private static bool IsNamed(HeaderBlock header, ReadOnlySpan<byte> field, Mailbox address) => AddressList.Of(header, field).Contains(address.Text, StringComparer.OrdinalIgnoreCase);

    private static string? Fault(HeaderBlock header, MmhsReading mmhs)
    {
        // Fields behind the fault may say anything.
        if (!header.IsClosed) return "the header can't be read to its end";
        foreach (var fault in mmhs.Faults)
        {
            if (Deciding.Contains(fault.Field)) return $"{fault.Field.Name()} is malformed or stands there twice";
        }

        return null;
    }

    // RFC 5322 §3.6.2: of several authors none is the originator.
    private static Mailbox? Originator(HeaderBlock header) =>
        header.CountOf("From"u8) is 1 && AddressList.Of(header, "From"u8) is [var only] && Mailbox.TryParse(only, allowUtf8: true, out var mailbox, out _) ? mailbox : null;
}
