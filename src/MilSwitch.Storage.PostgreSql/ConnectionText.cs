using Npgsql;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>What an operator writes to say where the store is, in Npgsql's words.</summary>
public static class ConnectionText
{
    /// <summary>Why it can't be used, without anything of it; null: it can, as far as it says.</summary>
    public static string? Fault(string text)
    {
        try
        {
            var read = new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(read.Host)) return "names no Host";
            if (string.IsNullOrEmpty(read.Database)) return "names no Database";
            return string.IsNullOrEmpty(read.Username) ? "names no Username" : null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException)
        {
            return "is no connection string of Npgsql (Host=…;Database=…;Username=…)";
        }
    }

    /// <summary>There is a secret in it.</summary>
    public static bool HasSecret(string text) => new NpgsqlConnectionStringBuilder(text) is { Password.Length: > 0 } or { SslPassword.Length: > 0 };

    /// <summary>Hosts and database, for people.</summary>
    public static string Describe(string text) => Sessions.Describe(text);
}
