using System.Text.RegularExpressions;

namespace MilSwitch.Host.Telemetry;

/// <summary>Takes out of texts what may not leave the site.</summary>
internal static partial class Redaction
{
    /// <summary>Stands for what was taken out.</summary>
    public const string Removed = "<removed>";

    // Keys whose values are secrets, or may hold one.
    private static readonly string[] SecretKeys = ["password", "pin", "secret", "token", "scram", "connection", "tag-key", "previous-tag-key", "passphrase", "client-secret", "headers"];

    /// <summary>Without mail addresses and Message-IDs.</summary>
    public static string WithoutAddresses(string text) => Address().Replace(text, "<address>");

    /// <summary>Whether what stands behind the key may be a secret.</summary>
    public static bool IsSecret(string key) => SecretKeys.Contains(key, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the value looks like a key, a hash or a credential, whatever it is called.</summary>
    public static bool LooksSecret(string value) => Material().IsMatch(value);

    [GeneratedRegex("""(?:"[^"\r\n]{0,64}"|[^\s<>()\[\]"',;:@=]+)@[^\s<>()"',;]+""", RegexOptions.NonBacktracking)]
    private static partial Regex Address();

    [GeneratedRegex(@"^SCRAM-|-----BEGIN|(?i:password|pwd|secret|pin-value)\s*=|^[0-9A-Fa-f]{32,}$|^[A-Za-z0-9+/_-]{32,}={0,2}$|://[^/@\s]+:[^/@\s]+@", RegexOptions.NonBacktracking)]
    private static partial Regex Material();
}
