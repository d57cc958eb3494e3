namespace MilSwitch.Host.Configuration;

/// <summary>Where the shared store is. Its text may have a password, so it prints nothing.</summary>
public sealed class DatabaseConnection(string text) : IEquatable<DatabaseConnection>
{
    /// <summary>In Npgsql's words; not for logs.</summary>
    public string Text => text;

    public bool Equals(DatabaseConnection? other) => other?.Text == text;

    public override bool Equals(object? obj) => Equals(obj as DatabaseConnection);

    public override int GetHashCode() => text.GetHashCode(StringComparison.Ordinal);
}
