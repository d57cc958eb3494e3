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

    /// <summary>A password that waits for a second person: a proposal is for many to read, and must not hold its hash.</summary>
    public const string Waiting = "account-waiting";

    /// <summary>Counts for names that nobody has, so that they cost what others cost.</summary>
    public const string Nobody = "account-nobody";

    public static string Write(AccountDocument account) => JsonSerializer.Serialize(account, AccessJson.Default.AccountDocument);

    public static string Write(SessionDocument session) => JsonSerializer.Serialize(session, AccessJson.Default.SessionDocument);

    public static string Write(AttemptsDocument attempts) => JsonSerializer.Serialize(attempts, AccessJson.Default.AttemptsDocument);

    /// <summary>Null: there were none.</summary>
    public static AttemptsDocument? ReadAttempts(string? json) => Read(json, AccessJson.Default.AttemptsDocument);

    public static string Write(WaitingPassword waiting) => JsonSerializer.Serialize(waiting, AccessJson.Default.WaitingPassword);

    public static string Write(ProposedAccount proposed) => JsonSerializer.Serialize(proposed, AccessJson.Default.ProposedAccount);

    public static WaitingPassword? ReadWaiting(string? json) => Read(json, AccessJson.Default.WaitingPassword);

    public static ProposedAccount? ReadProposed(string json) => Read(json, AccessJson.Default.ProposedAccount);

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

/// <param name="Password">As <see cref="PasswordHash"/> writes it.</param>
/// <param name="Until">Nobody needs it any more after that.</param>
internal sealed record WaitingPassword(string Password, DateTimeOffset Until);

/// <summary>A change of an account that waits for a second person.</summary>
/// <param name="Change">add, roles, password, lock, unlock or remove.</param>
/// <param name="Name">Of the account.</param>
/// <param name="Roles">What the person is to be; null: they stay.</param>
/// <param name="Password">Id of the <see cref="WaitingPassword"/>; null: it stays.</param>
/// <param name="Digest">SHA-256 of the hash of the password.</param>
/// <param name="Reason">Why.</param>
internal sealed record ProposedAccount(string Change, string Name, IReadOnlyList<string>? Roles, string? Password, string? Digest, string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AccountDocument))]
[JsonSerializable(typeof(SessionDocument))]
[JsonSerializable(typeof(AttemptsDocument))]
[JsonSerializable(typeof(WaitingPassword))]
[JsonSerializable(typeof(ProposedAccount))]
internal sealed partial class AccessJson : JsonSerializerContext;
