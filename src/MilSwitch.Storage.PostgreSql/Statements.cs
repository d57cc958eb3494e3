namespace MilSwitch.Storage.PostgreSql;

/// <summary>Statements that more than one place needs.</summary>
internal static class Statements
{
    public const string CountPolicy = "UPDATE counter SET value = value + 1 WHERE name = 'policy'";

    public const string Policy = "SELECT value FROM counter WHERE name = 'policy'";

    /// <summary>Messages give up their large contents; those that nobody else has are to be removed.</summary>
    public const string LetGo =
        """
        WITH gone AS (DELETE FROM holder WHERE message = ANY ($1) RETURNING content)
        INSERT INTO loose (content, run) SELECT DISTINCT g.content, 0 FROM gone g
        WHERE NOT EXISTS (SELECT 1 FROM holder h WHERE h.content = g.content AND h.message <> ALL ($1))
        ON CONFLICT DO NOTHING
        """;
}
