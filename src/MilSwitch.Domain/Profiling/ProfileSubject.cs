using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Profiling;

/// <summary>The facts of one message by which it is distributed. Immutable.</summary>
public sealed record ProfileSubject
{
    /// <summary>The level at which the message travels.</summary>
    public required Precedence Precedence { get; init; }

    /// <summary>What the message says about the level of those who are informed (RFC 6477 §3.9); null: nothing, or a level that nobody has named.</summary>
    public Precedence? CopyPrecedence { get; init; }

    /// <summary>As what the profiler got it: who was informed only can make nobody act.</summary>
    public ProfileRole Role { get; init; }

    /// <summary>Subject indicator codes, RFC 6477 §3.3.</summary>
    public ImmutableArray<string> Codes { get; init; } = [];

    /// <summary>Who wrote it; null: nobody or several.</summary>
    public Mailbox? Originator { get; init; }

    /// <summary>MMHS-Message-Type, 0–255; null: there is none.</summary>
    public int? Type { get; init; }

    /// <summary>The type's identifier: name of the exercise, operation, project or drill.</summary>
    public string? TypeIdentifier { get; init; }

    /// <summary>The label by which it is handled; null: none.</summary>
    public ProfileLabel? Label { get; init; }

    /// <summary>RFC 6477 §3.4.</summary>
    public ImmutableArray<string> HandlingInstructions { get; init; } = [];

    /// <summary>RFC 6477 §3.5.</summary>
    public ImmutableArray<string> MessageInstructions { get; init; } = [];

    /// <summary>The subject, encoded words undone; empty: none.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The beginning of the text that words are looked for in; empty: none that can be read.</summary>
    public string Body { get; init; } = "";

    /// <summary>It is encrypted, and what is inside can't be looked at.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Why a field that decides about the distribution can't be believed; null: all can. Then a person has to look.</summary>
    public string? Fault { get; init; }
}
