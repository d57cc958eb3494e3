using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Access;

/// <summary>Accounts and sessions as the store keeps them.</summary>
internal static class AccessDocuments
{
    public const string Account = "account";
    public const string Session = "session";
    public const string Key = "data-protection-key";

    /// <summary>Wrong attempts of one address.</summary>
    public const string Attempts = "sign-in-attempts";

    /// <summary>Counts for names that nobody has, so that they cost what others cost.</summary>
    public const string Nobody = "account-nobody";

    public static string Write(AccountDocument account) => JsonSerializer.Serialize(account, AccessJson.Default.AccountDocument);

    public static string Write(SessionDocument session) => JsonSerializer.Serialize(session, AccessJson.Default.SessionDocument);

    public static string Write(AttemptsDocument attempts) => JsonSerializer.Serialize(attempts, AccessJson.Default.AttemptsDocument);

    /// <summary>Null: there were none.</summary>
    public static AttemptsDocument? ReadAttempts(string? json) => Read(json, AccessJson.Default.AttemptsDocument);

    /// <summary>Null: it is none, and opens nothing.</summary>
    public static AccountDocument? ReadAccount(string? json) => Read(json, AccessJson.Default.AccountDocument);

    public static SessionDocument? ReadSession(string? json) => Read(json, AccessJson.Default.SessionDocument);

    public static OperatorRoles RolesOf(IEnumerable<string> words) => words.Aggregate(OperatorRoles.None, (roles, word) => roles | OperatorRoleNames.Read(word));

    private static T? Read<T>(string? json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Password">As <see cref="PasswordHash"/> writes it.</param>
internal sealed record AccountDocument(string Name, IReadOnlyList<string> Roles, string Password, bool Locked, DateTimeOffset Created, string CreatedBy, DateTimeOffset PasswordSet)
{
    public DateTimeOffset? SignedIn { get; init; }

    public int Failures { get; init; }

    public DateTimeOffset? BarredUntil { get; init; }

    public OperatorAccount ToAccount() => new(Name, AccessDocuments.RolesOf(Roles), Locked, Created, CreatedBy, PasswordSet) { SignedIn = SignedIn, Failures = Failures, BarredUntil = BarredUntil };
}

/// <param name="PasswordSet">That of the account when it began: with another password it is over.</param>
internal sealed record SessionDocument(
    string Name, string Way, IReadOnlyList<string> Roles, string Address, DateTimeOffset Since, DateTimeOffset LastSeen, DateTimeOffset? PasswordSet);

/// <param name="Failures">Wrong attempts, none of them an hour apart.</param>
/// <param name="Until">Until then the address has to wait.</param>
/// <param name="Last">When the last of them was.</param>
internal sealed record AttemptsDocument(int Failures, DateTimeOffset Until, DateTimeOffset Last);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AccountDocument))]
[JsonSerializable(typeof(SessionDocument))]
[JsonSerializable(typeof(AttemptsDocument))]
internal sealed partial class AccessJson : JsonSerializerContext;
