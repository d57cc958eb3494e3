using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Access;

/// <summary>Changes of accounts, and those of them that wait for a second person.</summary>
internal sealed partial class AccessDesk
{
    private const string ProposedForm = "account";
    private const string Add = "add";
    private const string Roles = "roles";
    private const string Password = "password";
    private const string Lock = "lock";
    private const string Unlock = "unlock";
    private const string Remove = "remove";

    // Longer than any proposal can be approved.
    private static readonly TimeSpan Waiting = TimeSpan.FromHours(2);

    private bool NeedsTwo => proposals.NeedsTwo(TwoPersonActs.Account);

    private async ValueTask<AccountChange> ChangeAsync(ProposedAccount change, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ManageAccounts);
        Check(change.Reason);
        if (NeedsTwo)
        {
            if (!await ExistsAsync(change.Name, cancellationToken)) return AccountChange.NotFound;
            await ProposeAsync(change, null, who, cancellationToken);
        }

        return await DoAsync(change, null, who, cancellationToken);
    }

    private async ValueTask<AccountChange> DoAsync(ProposedAccount change, string? hash, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var (name, reason) = (change.Name, change.Reason);
        return change.Change switch
        {
            Add => await AddAsync(name, change.Roles!, hash!, reason, who, cancellationToken),
            Roles => await ChangeAsync(name, a => a with { Roles = change.Roles! }, AuditKind.AccountChanged, $"roles {string.Join(", ", change.Roles!)}: {reason}", who, cancellationToken),
            Password => await ChangePasswordToAsync(name, hash!, $"password: {reason}", who, cancellationToken),
            Lock => await ChangeAsync(name, a => a with { Locked = true }, AuditKind.AccountChanged, $"locked: {reason}", who, cancellationToken),
            Unlock => await ChangeAsync(name, a => a with { Locked = false, Failures = 0, BarredUntil = null }, AuditKind.AccountChanged, $"unlocked: {reason}", who, cancellationToken),
            Remove => await ChangeAsync(name, _ => null, AuditKind.AccountRemoved, reason, who, cancellationToken),
            _ => throw new FormatException("another version proposed it"),
        };
    }

    // The result of the proposal desk is always that somebody else has to approve.
    private async ValueTask ProposeAsync(ProposedAccount change, string? hash, OperatorIdentity who, CancellationToken cancellationToken)
    {
        await TidyWaitingAsync(cancellationToken);
        if (hash is not null)
        {
            change = change with { Password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), Digest = DigestOf(hash) };
            await Store.PutDocumentAsync(AccessDocuments.Waiting, change.Password, AccessDocuments.Write(new WaitingPassword(hash, time.GetUtcNow() + Waiting)), cancellationToken);
        }

        var text = change.Change switch
        {
            Add => $"make account {change.Name} ({string.Join(", ", change.Roles!)})",
            Roles => $"make account {change.Name} {string.Join(", ", change.Roles!)}",
            Password => $"set another password for account {change.Name}",
            _ => $"{change.Change} account {change.Name}",
        };
        try
        {
            await proposals.ProposeAsync(TwoPersonActs.Account, ProposedForm, AccessDocuments.Write(change), text, OperatorRight.ManageAccounts, change.Reason, who, null, cancellationToken);
        }
        catch (Exception fault) when (fault is not ApprovalNeededException && change.Password is not null)
        {
            await Store.RemoveDocumentAsync(AccessDocuments.Waiting, change.Password, CancellationToken.None);
            throw;
        }
    }

    private async Task<string> PerformAsync(string request, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var change = AccessDocuments.ReadProposed(request) ?? throw new FormatException("another version proposed it");
        string? hash = null;
        if (change.Password is { } id)
        {
            hash = AccessDocuments.ReadWaiting(await Store.ReadDocumentAsync(AccessDocuments.Waiting, id, cancellationToken))?.Password;
            if (hash is null || DigestOf(hash) != change.Digest) throw new FormatException("the password is another one than was proposed, or gone");
        }

        var result = await DoAsync(change, hash, who, cancellationToken);
        if (change.Password is not null) await Store.RemoveDocumentAsync(AccessDocuments.Waiting, change.Password, cancellationToken);
        return result switch
        {
            AccountChange.Done => "it is done",
            AccountChange.Exists => throw new FormatException("there is an account of this name by now"),
            AccountChange.NotFound => throw new FormatException("there is no account of this name any more"),
            _ => throw new FormatException("somebody else changed it at the same time"),
        };
    }

    // Of what was rejected, or never decided about.
    private async ValueTask TidyWaitingAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var document in await Store.ListDocumentsAsync(AccessDocuments.Waiting, cancellationToken))
        {
            if (AccessDocuments.ReadWaiting(document.Json) is not { } waiting || waiting.Until < now) await Store.RemoveDocumentAsync(AccessDocuments.Waiting, document.Id, cancellationToken);
        }
    }

    private async ValueTask<bool> ExistsAsync(string name, CancellationToken cancellationToken) =>
        IsName(name) && await Store.ReadDocumentAsync(AccessDocuments.Account, name, cancellationToken) is not null;

    private static string DigestOf(string hash) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hash)));
}
