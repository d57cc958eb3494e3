namespace MilSwitch.Domain.Operations;

/// <summary>A local account of a person: one way among others to sign in.</summary>
/// <param name="Name">Lower case; appears in the audit trail.</param>
/// <param name="Roles">What the person is.</param>
/// <param name="Locked">Nobody signs in with it until somebody unlocks it.</param>
/// <param name="Created">When it was made.</param>
/// <param name="CreatedBy">By whom.</param>
/// <param name="PasswordSet">When the password was set last.</param>
public sealed record OperatorAccount(string Name, OperatorRoles Roles, bool Locked, DateTimeOffset Created, string CreatedBy, DateTimeOffset PasswordSet)
{
    /// <summary>When somebody signed in with it last; null: never.</summary>
    public DateTimeOffset? SignedIn { get; init; }

    /// <summary>Wrong passwords since then.</summary>
    public int Failures { get; init; }

    /// <summary>After too many of them no password is right until then; null: it may be tried.</summary>
    public DateTimeOffset? BarredUntil { get; init; }
}
