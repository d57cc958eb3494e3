using System.Globalization;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Precedences;
using MilSwitch.Mime;

namespace MilSwitch.Smime.Inspection;

/// <summary>MMHS fields (RFC 6477, RFC 7912). What is not there is left out, and so is what a field with a fault says.</summary>
public sealed record MmhsReport
{
    /// <summary>The level's word, or its number where it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PrimaryPrecedence { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CopyPrecedence { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MessageType { get; init; }

    /// <summary>The name of the exercise, operation, project or drill.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MessageTypeIdentifier { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExtendedAuthorisationInfo { get; init; }

    /// <summary>The same as a date-time group in Zulu time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DateTimeGroup { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? SubjectIndicatorCodes { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? HandlingInstructions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? MessageInstructions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? CodressMessageIndicator { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OriginatorReference { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ExemptedAddresses { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? OtherRecipientsTo { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? OtherRecipientsCc { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Acp127MessageIdentifier { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OriginatorPlad { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AuthorizingUsers { get; init; }

    /// <summary>Rules that fields break, each a sentence with the field, the position and the rule's id.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Faults { get; init; }

    /// <returns>Null: the header has none of these fields.</returns>
    internal static MmhsReport? Of(HeaderBlock header)
    {
        var reading = MmhsReader.Read(header);
        if (reading.Present.IsEmpty) return null;
        var fields = reading.Fields;
        return new MmhsReport
        {
            PrimaryPrecedence = Level(fields.PrimaryPrecedence),
            CopyPrecedence = Level(fields.CopyPrecedence),
            MessageType = fields.MessageType?.Value,
            MessageTypeIdentifier = fields.MessageType?.Identifier,
            ExtendedAuthorisationInfo = fields.ExtendedAuthorisationInfo,
            DateTimeGroup = fields.ExtendedAuthorisationInfo is { } time ? Mime.DateTimeGroup.Format(time) : null,
            SubjectIndicatorCodes = Some(fields.SubjectIndicatorCodes),
            HandlingInstructions = Some(fields.HandlingInstructions),
            MessageInstructions = Some(fields.MessageInstructions),
            CodressMessageIndicator = fields.CodressMessageIndicator,
            OriginatorReference = fields.OriginatorReference,
            ExemptedAddresses = Some(fields.ExemptedAddresses.Select(a => a.Mailbox.Text)),
            OtherRecipientsTo = Some(fields.OtherRecipientsTo),
            OtherRecipientsCc = Some(fields.OtherRecipientsCc),
            Acp127MessageIdentifier = fields.Acp127MessageIdentifier,
            OriginatorPlad = fields.OriginatorPlad,
            AuthorizingUsers = Some(fields.AuthorizingUsers.Select(a => a.Mailbox.Text)),
            Faults = Some(reading.Faults.Select(f => f.ToString())),
        };
    }

    /// <summary>Addresses in MMHS-Authorizing-Users; none where the field can't be read.</summary>
    internal static IEnumerable<string> Authorizers(HeaderBlock header) => MmhsReader.Read(header).Fields.AuthorizingUsers.Select(a => a.Mailbox.Text);

    private static string? Level(PrecedenceNumber? level) => level is not { } number ? null : number.Named is { } named ? named.Keyword() : number.Value.ToString(CultureInfo.InvariantCulture);

    private static string[]? Some(IEnumerable<string> values) => values.ToArray() is { Length: > 0 } some ? some : null;
}
