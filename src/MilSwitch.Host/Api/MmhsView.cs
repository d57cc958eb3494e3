using MilSwitch.Domain.Military;
using MilSwitch.Mime;

namespace MilSwitch.Host.Api;

/// <summary>The fields of RFC 6477 and of RFC 7912 §4, by their names. What is null is not there.</summary>
public sealed record MmhsView
{
    /// <summary>Addresses, each with its name or without.</summary>
    public IReadOnlyList<string>? ExemptedAddress { get; init; }

    /// <summary>When the message was released, or else handed in: its date-time group.</summary>
    public DateTimeOffset? ExtendedAuthorisationInfo { get; init; }

    public IReadOnlyList<string>? SubjectIndicatorCodes { get; init; }

    public IReadOnlyList<string>? HandlingInstructions { get; init; }

    public IReadOnlyList<string>? MessageInstructions { get; init; }

    public int? CodressMessageIndicator { get; init; }

    public string? OriginatorReference { get; init; }

    /// <summary>A level by its word, or a number up to 31.</summary>
    public string? PrimaryPrecedence { get; init; }

    /// <summary>As <see cref="PrimaryPrecedence"/>.</summary>
    public string? CopyPrecedence { get; init; }

    /// <summary>As in the field: <c>exercise</c>, <c>operation</c>, <c>project</c>, <c>drill</c> or a number up to 255, and <c>; identifier="NAME"</c>.</summary>
    public string? MessageType { get; init; }

    public IReadOnlyList<string>? OtherRecipientsIndicatorTo { get; init; }

    public IReadOnlyList<string>? OtherRecipientsIndicatorCc { get; init; }

    public string? Acp127MessageIdentifier { get; init; }

    public string? OriginatorPlad { get; init; }

    /// <summary>Addresses, each with its name or without.</summary>
    public IReadOnlyList<string>? AuthorizingUsers { get; init; }

    /// <summary>What a header has; null: none of the fields.</summary>
    public static MmhsView? Of(MmhsReading reading)
    {
        var fields = reading.Fields;
        if (reading.Present.IsEmpty) return null;
        return new MmhsView
        {
            ExemptedAddress = Addresses(fields.ExemptedAddresses),
            ExtendedAuthorisationInfo = fields.ExtendedAuthorisationInfo,
            SubjectIndicatorCodes = OrNull(fields.SubjectIndicatorCodes),
            HandlingInstructions = OrNull(fields.HandlingInstructions),
            MessageInstructions = OrNull(fields.MessageInstructions),
            CodressMessageIndicator = fields.CodressMessageIndicator,
            OriginatorReference = fields.OriginatorReference,
            PrimaryPrecedence = Level(fields.PrimaryPrecedence),
            CopyPrecedence = Level(fields.CopyPrecedence),
            MessageType = Type(fields.MessageType),
            OtherRecipientsIndicatorTo = OrNull(fields.OtherRecipientsTo),
            OtherRecipientsIndicatorCc = OrNull(fields.OtherRecipientsCc),
            Acp127MessageIdentifier = fields.Acp127MessageIdentifier,
            OriginatorPlad = fields.OriginatorPlad,
            AuthorizingUsers = Addresses(fields.AuthorizingUsers),
        };
    }

    /// <summary>The fields that are there, each as the text of its body, in their order.</summary>
    public IEnumerable<(MmhsField Field, IReadOnlyList<string> Values)> Given()
    {
        (MmhsField, IReadOnlyList<string>?)[] all =
        [
            (MmhsField.ExemptedAddress, ExemptedAddress), (MmhsField.ExtendedAuthorisationInfo, ExtendedAuthorisationInfo is { } time ? [MimeKit.Utils.DateUtils.FormatDate(time)] : null),
            (MmhsField.SubjectIndicatorCodes, SubjectIndicatorCodes), (MmhsField.HandlingInstructions, HandlingInstructions), (MmhsField.MessageInstructions, MessageInstructions),
            (MmhsField.CodressMessageIndicator, CodressMessageIndicator is { } codress ? [Commands.Text.Number(codress)] : null), (MmhsField.OriginatorReference, One(OriginatorReference)),
            (MmhsField.PrimaryPrecedence, One(PrimaryPrecedence)), (MmhsField.CopyPrecedence, One(CopyPrecedence)), (MmhsField.MessageType, One(MessageType)),
            (MmhsField.OtherRecipientsIndicatorTo, OtherRecipientsIndicatorTo), (MmhsField.OtherRecipientsIndicatorCc, OtherRecipientsIndicatorCc),
            (MmhsField.Acp127MessageIdentifier, One(Acp127MessageIdentifier)), (MmhsField.OriginatorPlad, One(OriginatorPlad)), (MmhsField.AuthorizingUsers, AuthorizingUsers),
        ];
        foreach (var (field, values) in all)
        {
            if (values is { Count: > 0 }) yield return (field, values);
        }
    }

    private static string[]? One(string? text) => text is null ? null : [text];

    private static IReadOnlyList<string>? OrNull(System.Collections.Immutable.ImmutableArray<string> values) => values.IsEmpty ? null : values;

    private static string[]? Addresses(System.Collections.Immutable.ImmutableArray<MmhsAddress> values) =>
        values.IsEmpty ? null : [.. values.Select(a => a.Name is { } name ? $"{name} <{a.Mailbox.Text}>" : a.Mailbox.Text)];

    private static string? Level(PrecedenceNumber? level) => level is not { } number ? null : number.Named is { } named ? Words.Of(named) : Commands.Text.Number(number.Value);

    private static string? Type(MmhsMessageType? type) =>
        type is null ? null : (type.Keyword ?? Commands.Text.Number(type.Value)) + (type.Identifier is { } identifier ? $"; identifier=\"{identifier}\"" : "");
}
