using System.Collections.Immutable;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Auditing;

/// <summary>Which records are wanted; every given field must match.</summary>
public sealed record AuditFilter
{
    /// <summary>At this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this time.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Of one of these kinds; empty: of any.</summary>
    public ImmutableArray<AuditKind> Kinds { get; init; } = [];

    /// <summary>Done by this person, exactly.</summary>
    public string? Actor { get; init; }

    /// <summary>With this in the detail, in any case.</summary>
    public string? Text { get; init; }

    /// <summary>Whether a record is wanted.</summary>
    /// <param name="at">Unix milliseconds.</param>
    /// <param name="kind">What happened.</param>
    public bool Matches(long at, AuditKind kind) =>
        (From is not { } from || at >= from.ToUnixTimeMilliseconds()) && (Until is not { } until || at < until.ToUnixTimeMilliseconds()) && (Kinds.IsDefaultOrEmpty || Kinds.Contains(kind));

    /// <summary>Whether a record is wanted.</summary>
    public bool Matches(AuditRecord record) =>
        Matches(record.At, record.Event.Kind)
        && (Actor is null || record.Event.Actor == Actor)
        && (Text is null || record.Event.Detail.Contains(Text, StringComparison.OrdinalIgnoreCase));
}
