using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Profiling;

/// <summary>
/// Who gets which messages. Of each kind of condition that is given one must hold; a list that is empty asks for nothing. Immutable.
/// </summary>
public sealed record ProfileRule
{
    /// <summary>Words of one phrase.</summary>
    public const int MostWordsOfPhrase = 8;

    /// <summary>Unique in a plan.</summary>
    public required string Name { get; init; }

    public ImmutableArray<SicPattern> Codes { get; init; } = [];

    public ImmutableArray<ProfileOriginator> Originators { get; init; } = [];

    public ImmutableArray<ProfileType> Types { get; init; } = [];

    public ImmutableArray<Precedence> Precedences { get; init; } = [];

    public ImmutableArray<ProfileLabelPattern> Labels { get; init; } = [];

    /// <summary>Whole instructions, in any case.</summary>
    public ImmutableArray<string> HandlingInstructions { get; init; } = [];

    /// <summary>Whole instructions, in any case.</summary>
    public ImmutableArray<string> MessageInstructions { get; init; } = [];

    /// <summary>Words or phrases that stand in the subject; whole words, in any case, whatever stands between them that is no letter or digit.</summary>
    public ImmutableArray<string> SubjectWords { get; init; } = [];

    /// <summary>The same in subject or text.</summary>
    public ImmutableArray<string> Words { get; init; } = [];

    /// <summary>When it counts; empty: always.</summary>
    public ImmutableArray<ProfileHours> Hours { get; init; } = [];

    /// <summary>Those who have to act.</summary>
    public ImmutableArray<Mailbox> Action { get; init; } = [];

    /// <summary>Those who are informed.</summary>
    public ImmutableArray<Mailbox> Information { get; init; } = [];

    /// <summary>It asks for something that not every message has; hours alone don't.</summary>
    public bool IsSelective =>
        !(Codes.IsEmpty && Originators.IsEmpty && Types.IsEmpty && Precedences.IsEmpty && Labels.IsEmpty && HandlingInstructions.IsEmpty && MessageInstructions.IsEmpty && SubjectWords.IsEmpty && Words.IsEmpty);
}
