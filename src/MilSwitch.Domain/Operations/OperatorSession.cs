namespace MilSwitch.Domain.Operations;

/// <summary>Somebody has signed in with a browser and not signed out yet.</summary>
/// <param name="Id">Names it; whoever knows it can end it, and not use it.</param>
/// <param name="Name">Who.</param>
/// <param name="Roles">What the person is.</param>
/// <param name="Way"><c>password</c> or <c>oidc</c>.</param>
/// <param name="Address">From where it was begun.</param>
/// <param name="Since">When.</param>
/// <param name="LastSeen">When it was used last, to the minute.</param>
public sealed record OperatorSession(string Id, string Name, OperatorRoles Roles, string Way, string Address, DateTimeOffset Since, DateTimeOffset LastSeen);
