using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>Who asks, as the node sees it.</summary>
public sealed record PersonView(string Name, string Via, IReadOnlyList<string> Roles, IReadOnlyList<string> Rights)
{
    public static PersonView Of(OperatorIdentity who) => new(who.Name, who.Via, who.Roles.Words(), [.. Enum.GetValues<OperatorRight>().Where(r => who.Roles.Allow(r)).Select(r => Words.Of(r))]);
}

/// <param name="BarredUntil">After too many wrong passwords none is right until then.</param>
public sealed record AccountView(
    string Name, IReadOnlyList<string> Roles, bool Locked, DateTimeOffset Created, string CreatedBy, DateTimeOffset PasswordSet, DateTimeOffset? SignedIn, int Failures, DateTimeOffset? BarredUntil)
{
    public static AccountView Of(OperatorAccount account) => new(
        account.Name, account.Roles.Words(), account.Locked, account.Created, account.CreatedBy, account.PasswordSet, account.SignedIn, account.Failures, account.BarredUntil);
}

/// <param name="Way">password or oidc.</param>
public sealed record SessionView(string Id, string Name, IReadOnlyList<string> Roles, string Way, string Address, DateTimeOffset Since, DateTimeOffset LastSeen)
{
    public static SessionView Of(OperatorSession session) => new(session.Id, session.Name, session.Roles.Words(), session.Way, session.Address, session.Since, session.LastSeen);
}

/// <summary>An account that is to be made.</summary>
public sealed record AccountRequest(string? Name, IReadOnlyList<string>? Roles, string? Password, string? Reason);

public sealed record RolesRequest(IReadOnlyList<string>? Roles, string? Reason);

public sealed record PasswordRequest(string? Password, string? Reason);
