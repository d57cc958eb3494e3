using System.Collections.Immutable;

namespace MilSwitch.Mime;

/// <summary>
/// What the MMHS fields of a message say (RFC 6477 §3, RFC 7912 §4). Immutable. A list that is empty and a value that is null stand
/// for a field that is not there. Strings are of the characters of PrintableString, 1 to 69 of them unless something else is said,
/// without a space at either end.
/// </summary>
public sealed record MmhsFields
{
    public static MmhsFields None { get; } = new();

    /// <summary>§3.1: members of address lists that shall not get the message; those of groups without the group's name.</summary>
    public ImmutableArray<MmhsAddress> ExemptedAddresses { get; init; } = [];

    /// <summary>§3.2: when the message was released, or else handed in.</summary>
    public DateTimeOffset? ExtendedAuthorisationInfo { get; init; }

    /// <summary>§3.3: subject indicator codes of 3 to 8 characters. ACP 123 carries 8 of them; more are allowed here.</summary>
    public ImmutableArray<string> SubjectIndicatorCodes { get; init; } = [];

    /// <summary>§3.4: for the operator who handles the message by hand.</summary>
    public ImmutableArray<string> HandlingInstructions { get; init; } = [];

    /// <summary>§3.5: remarks, for its readers as well.</summary>
    public ImmutableArray<string> MessageInstructions { get; init; } = [];

    /// <summary>§3.6: all addresses are encrypted within the text.</summary>
    public int? CodressMessageIndicator { get; init; }

    /// <summary>§3.7: the originator's number.</summary>
    public string? OriginatorReference { get; init; }

    /// <summary>§3.8: the level for action addressees.</summary>
    public PrecedenceNumber? PrimaryPrecedence { get; init; }

    /// <summary>§3.9: the level for information addressees.</summary>
    public PrecedenceNumber? CopyPrecedence { get; init; }

    /// <summary>§3.10.</summary>
    public MmhsMessageType? MessageType { get; init; }

    /// <summary>§3.11: action addressees who get the message by other means.</summary>
    public ImmutableArray<string> OtherRecipientsTo { get; init; } = [];

    /// <summary>§3.12: information addressees who get the message by other means.</summary>
    public ImmutableArray<string> OtherRecipientsCc { get; init; } = [];

    /// <summary>§3.13: format line 3 of ACP 127, kept as it is.</summary>
    public string? Acp127MessageIdentifier { get; init; }

    /// <summary>§3.14: the originator's plain language address designator.</summary>
    public string? OriginatorPlad { get; init; }

    /// <summary>RFC 7912 §4: who authorised the release.</summary>
    public ImmutableArray<MmhsAddress> AuthorizingUsers { get; init; } = [];
}
