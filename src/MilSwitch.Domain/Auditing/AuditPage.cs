using System.Collections.Immutable;

namespace MilSwitch.Domain.Auditing;

/// <summary>A page of a search.</summary>
/// <param name="Records">About newest first: within a trail exactly, between trails by the nodes' clocks.</param>
/// <param name="Next">Go on with this; null: that was all. A page may be short, or empty, and there may be more: one search looks at a bounded number of records.</param>
public sealed record AuditPage(ImmutableArray<AuditRecord> Records, string? Next);

/// <summary>A search in the audit trails.</summary>
public sealed record AuditQuery
{
    /// <summary>Which records.</summary>
    public AuditFilter Filter { get; init; } = new();

    /// <summary>About this message only.</summary>
    public Messages.MessageId? Message { get; init; }

    /// <summary><see cref="AuditPage.Next"/> of the page before; null: from the newest on.</summary>
    public string? After { get; init; }

    /// <summary>At most so many; 1 to 1,000.</summary>
    public int Limit { get; init; } = 100;
}
