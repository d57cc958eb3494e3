using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Operations;

/// <summary>
/// Accounts of persons and the sessions of their browsers; all nodes of a cluster have the same. Acts demand
/// <see cref="OperatorRight.ManageAccounts"/> and throw <see cref="NotPermittedException"/>, a <see cref="FormatException"/> with a
/// text for the person, <see cref="ApprovalNeededException"/> where another person has to approve, and
/// <see cref="SpoolUnavailableException"/> when the store refuses.
/// </summary>
public interface IAccessDesk
{
    /// <summary>How persons can sign in with a browser, beside a certificate of theirs.</summary>
    SignInWays Ways { get; }

    /// <summary>All accounts by name; for <see cref="OperatorRight.ManageAccounts"/> and <see cref="OperatorRight.ReadAudit"/>.</summary>
    ValueTask<IReadOnlyList<OperatorAccount>> AccountsAsync(OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Makes an account.</summary>
    /// <param name="name">1 to 64 lower-case letters, digits, dots, hyphens, underscores and at signs.</param>
    /// <param name="password">12 to 256 characters.</param>
    /// <param name="roles">At least one.</param>
    /// <param name="reason">Why.</param>
    /// <param name="who">Who makes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<AccountChange> AddAccountAsync(string name, string password, OperatorRoles roles, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>The person is something else from now on, in sessions under way too.</summary>
    ValueTask<AccountChange> SetRolesAsync(string name, OperatorRoles roles, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Another password; sessions of the account end.</summary>
    ValueTask<AccountChange> SetPasswordAsync(string name, string password, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Somebody changes their own password; needs no right. Their other sessions end.</summary>
    ValueTask<AccountChange> ChangeOwnPasswordAsync(string present, string next, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Nobody signs in with it, and its sessions end.</summary>
    ValueTask<AccountChange> LockAsync(string name, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>It can be signed in with again, after wrong passwords too.</summary>
    ValueTask<AccountChange> UnlockAsync(string name, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>It is gone, with its sessions.</summary>
    ValueTask<AccountChange> RemoveAccountAsync(string name, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Sessions of everybody, the newest first; without <see cref="OperatorRight.ManageAccounts"/> one's own.</summary>
    ValueTask<IReadOnlyList<OperatorSession>> SessionsAsync(OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Ends a session: one's own, or with <see cref="OperatorRight.ManageAccounts"/> anybody's.</summary>
    ValueTask<AccountChange> EndSessionAsync(string id, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Signs in with an account. Takes the same work whether there is such an account or not.</summary>
    /// <param name="name">Of the account.</param>
    /// <param name="password">Its password.</param>
    /// <param name="address">From where.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<SignIn> SignInAsync(string name, string password, string address, CancellationToken cancellationToken);

    /// <summary>The person whose session this secret opens; null: none, or it is over.</summary>
    /// <param name="secret">Of the cookie.</param>
    /// <param name="address">From where.</param>
    /// <param name="isUse">The person does something with it, so that it is not idle; false: a page that keeps itself fresh asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<OperatorIdentity?> IdentifyAsync(string secret, string address, bool isUse, CancellationToken cancellationToken);

    /// <summary>The session of this secret is over.</summary>
    ValueTask SignOutAsync(string secret, CancellationToken cancellationToken);
}
