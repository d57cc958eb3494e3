namespace MilSwitch.Host.Configuration;

/// <summary>How the audit trail is kept and proved.</summary>
public sealed record AuditConfiguration
{
    /// <summary>The profile asks for ten days.</summary>
    public static readonly TimeSpan RecommendedRetention = TimeSpan.FromDays(10);

    /// <summary>How often a checkpoint is made while there are new records.</summary>
    public TimeSpan Checkpoint { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a node walks along its trail by itself.</summary>
    public TimeSpan Check { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long records are kept; null: as long as messages.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Full path of a folder where checkpoints are put as files too; null: nowhere.</summary>
    public string? Ship { get; init; }
}
