using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using MilSwitch.Switching;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Host.Access;

/// <summary>Accounts and sessions, as documents of the store that all nodes have in common. Thread-safe.</summary>
internal sealed partial class AccessDesk : IAccessDesk
{
    private const int LongestReason = 1_000;
    private const int LongestName = 64;
    private const int LongestSecret = 128;
    private const int MostAttempts = 16;
    private const int FreeFailures = 5;
    private const int MostSessions = 20;
    private const string ByPassword = "password";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Grain = TimeSpan.FromMinutes(1);

    private readonly ISpool? spool;
    private readonly ISwitchControl control;
    private readonly ConfigurationHolder configuration;
    private readonly ProposalDesk proposals;
    private readonly TimeProvider time;
    private readonly AttemptLimiter addresses;
    // The work is heavy by purpose: it must not keep mail from being sent.
    private readonly SemaphoreSlim place = new(1, 1);
    private int waiting;

    /// <param name="spool">Null: a node without a store of its own has no accounts.</param>
    /// <param name="control">For the audit trail.</param>
    /// <param name="configuration">How people may sign in.</param>
    /// <param name="proposals">Where what needs two persons waits.</param>
    /// <param name="time">The clock.</param>
    public AccessDesk(ISpool? spool, ISwitchControl control, ConfigurationHolder configuration, ProposalDesk proposals, TimeProvider time)
    {
        (this.spool, this.control, this.configuration, this.proposals, this.time) = (spool, control, configuration, proposals, time);
        addresses = new AttemptLimiter(() => Store, time);
        proposals.Perform(ProposedForm, PerformAsync);
    }

    public SignInWays Ways => new(configuration.Current.Admin.LocalAccounts, configuration.Current.Admin.Oidc?.Name);

    private ISpool Store => spool ?? throw new SpoolUnavailableException(SpoolHealth.Unwritable);

    public async ValueTask<IReadOnlyList<OperatorAccount>> AccountsAsync(OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (!who.Roles.Allow(OperatorRight.ReadAudit)) who.Demand(OperatorRight.ManageAccounts);
        if (spool is null) return [];
        var all = await spool.ListDocumentsAsync(AccessDocuments.Account, cancellationToken);
        return [.. all.Select(d => AccessDocuments.ReadAccount(d.Json)?.ToAccount()).OfType<OperatorAccount>().OrderBy(a => a.Name, StringComparer.Ordinal)];
    }

    public async ValueTask<AccountChange> AddAccountAsync(string name, string password, OperatorRoles roles, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ManageAccounts);
        if (!IsName(name)) throw new FormatException($"a name has 1 to {LongestName} lower-case letters, digits, dots, hyphens, underscores and at signs");
        Check(roles);
        Check(password, name);
        Check(reason);
        if (await Store.ReadDocumentAsync(AccessDocuments.Account, name, cancellationToken) is not null) return AccountChange.Exists;
        var hash = await WorkAsync(() => PasswordHash.Make(password), cancellationToken) ?? throw new SpoolUnavailableException(SpoolHealth.Unwritable);
        if (NeedsTwo) await ProposeAsync(new ProposedAccount(Add, name, roles.Words(), null, null, reason), hash, who, cancellationToken);
        return await AddAsync(name, roles.Words(), hash, reason, who, cancellationToken);
    }

    private async ValueTask<AccountChange> AddAsync(string name, IReadOnlyList<string> roles, string hash, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await RecordAsync(AuditKind.AccountAdded, $"{name}: {string.Join(", ", roles)}: {reason}", who);
        var account = new AccountDocument(name, roles, hash, false, now, who.Name, now);
        return await Store.ExchangeDocumentAsync(AccessDocuments.Account, name, null, AccessDocuments.Write(account), cancellationToken) ? AccountChange.Done : AccountChange.Exists;
    }

    public ValueTask<AccountChange> SetRolesAsync(string name, OperatorRoles roles, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ManageAccounts);
        Check(roles);
        return ChangeAsync(new ProposedAccount(Roles, name, roles.Words(), null, null, reason), who, cancellationToken);
    }

    public async ValueTask<AccountChange> SetPasswordAsync(string name, string password, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ManageAccounts);
        Check(password, name);
        Check(reason);
        if (!NeedsTwo) return await ChangePasswordAsync(name, password, $"password: {reason}", who, cancellationToken);
        if (!await ExistsAsync(name, cancellationToken)) return AccountChange.NotFound;
        if (await WorkAsync(() => PasswordHash.Make(password), cancellationToken) is { } hash) await ProposeAsync(new ProposedAccount(Password, name, null, null, null, reason), hash, who, cancellationToken);
        return AccountChange.Conflict;
    }

    public async ValueTask<AccountChange> ChangeOwnPasswordAsync(string present, string next, OperatorIdentity who, CancellationToken cancellationToken)
    {
        // Whoever came another way has no password here, though the name may be that of an account.
        if (who.Session is not { } session || AccessDocuments.ReadSession(await Store.ReadDocumentAsync(AccessDocuments.Session, session, cancellationToken)) is not { Way: ByPassword } own) return AccountChange.NotFound;
        Check(next, who.Name);
        // A session that somebody left open is no way to try passwords.
        if (await SignInAsync(own.Name, present, own.Address, false, cancellationToken) is not { Outcome: SignInOutcome.Done }) return AccountChange.Refused;
        var result = await ChangePasswordAsync(own.Name, next, "own password", who, cancellationToken);
        if (result is not AccountChange.Done || AccessDocuments.ReadAccount(await Store.ReadDocumentAsync(AccessDocuments.Account, own.Name, cancellationToken)) is not { } account) return result;
        await Store.PutDocumentAsync(AccessDocuments.Session, session, AccessDocuments.Write(own with { PasswordSet = account.PasswordSet }), cancellationToken);
        return result;
    }

    public ValueTask<AccountChange> LockAsync(string name, string reason, OperatorIdentity who, CancellationToken cancellationToken) =>
        ChangeAsync(new ProposedAccount(Lock, name, null, null, null, reason), who, cancellationToken);

    public ValueTask<AccountChange> UnlockAsync(string name, string reason, OperatorIdentity who, CancellationToken cancellationToken) =>
        ChangeAsync(new ProposedAccount(Unlock, name, null, null, null, reason), who, cancellationToken);

    public ValueTask<AccountChange> RemoveAccountAsync(string name, string reason, OperatorIdentity who, CancellationToken cancellationToken) =>
        ChangeAsync(new ProposedAccount(Remove, name, null, null, null, reason), who, cancellationToken);

    public async ValueTask<IReadOnlyList<OperatorSession>> SessionsAsync(OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (spool is null) return [];
        var sessions = new List<OperatorSession>();
        foreach (var document in await spool.ListDocumentsAsync(AccessDocuments.Session, cancellationToken))
        {
            if (AccessDocuments.ReadSession(document.Json) is not { } session || IsOver(session)) continue;
            if (session.Name != who.Name && !who.Roles.Allow(OperatorRight.ManageAccounts)) continue;
            if (await RolesAsync(session, cancellationToken) is { } roles) sessions.Add(Describe(document.Id, session, roles));
        }

        return [.. sessions.OrderByDescending(s => s.Since)];
    }

    public async ValueTask<AccountChange> EndSessionAsync(string id, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        Check(reason);
        var session = IsId(id) ? AccessDocuments.ReadSession(await Store.ReadDocumentAsync(AccessDocuments.Session, id, cancellationToken)) : null;
        if (session?.Name != who.Name) who.Demand(OperatorRight.ManageAccounts);
        if (session is null) return AccountChange.NotFound;
        await RecordAsync(AuditKind.SessionEnded, $"{session.Name}: {reason}", who);
        return await Store.RemoveDocumentAsync(AccessDocuments.Session, id, cancellationToken) ? AccountChange.Done : AccountChange.NotFound;
    }

    public ValueTask<SignIn> SignInAsync(string name, string password, string address, CancellationToken cancellationToken) => SignInAsync(name, password, address, true, cancellationToken);

    public async ValueTask<OperatorIdentity?> IdentifyAsync(string secret, string address, bool isUse, CancellationToken cancellationToken)
    {
        if (spool is null || secret.Length is 0 or > LongestSecret) return null;
        var id = IdOf(secret);
        if (await spool.ReadDocumentAsync(AccessDocuments.Session, id, cancellationToken) is not { } json || AccessDocuments.ReadSession(json) is not { } session || IsOver(session)) return null;
        if (await RolesAsync(session, cancellationToken) is not { } roles) return null;
        var now = time.GetUtcNow();
        // Another node may have been asked meanwhile: either will do.
        if (isUse && now - session.LastSeen >= Grain) await spool.ExchangeDocumentAsync(AccessDocuments.Session, id, json, AccessDocuments.Write(session with { LastSeen = now }), cancellationToken);
        return new OperatorIdentity(session.Name, address) { Roles = roles, Session = id };
    }

    public async ValueTask SignOutAsync(string secret, CancellationToken cancellationToken)
    {
        if (spool is null || secret.Length is 0 or > LongestSecret) return;
        var id = IdOf(secret);
        if (AccessDocuments.ReadSession(await spool.ReadDocumentAsync(AccessDocuments.Session, id, cancellationToken)) is not { } session) return;
        if (await spool.RemoveDocumentAsync(AccessDocuments.Session, id, cancellationToken)) await control.RecordAsync(AuditKind.SignedOut, session.Way, session.Name);
    }

    /// <summary>Begins a session for somebody whom another authority knows.</summary>
    public async ValueTask<SignIn> BeginAsync(string name, OperatorRoles roles, string way, string address, DateTimeOffset? passwordSet, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await TidyAsync(name, cancellationToken);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var session = new SessionDocument(name, way, roles.Words(), address, now, now, passwordSet);
        if (!await control.RecordAsync(AuditKind.SignedIn, $"{way}, {address}", name)) throw new SpoolUnavailableException(Store.Health);
        await Store.PutDocumentAsync(AccessDocuments.Session, IdOf(secret), AccessDocuments.Write(session), cancellationToken);
        return new SignIn(SignInOutcome.Done, secret, Describe(IdOf(secret), session, roles));
    }

    /// <summary>Another authority did not know somebody, or they are nothing here.</summary>
    public Task<bool> RefuseAsync(string way, string address) => control.RecordAsync(AuditKind.SignInFailed, $"{way}, {address}", null);

    private async ValueTask<SignIn> SignInAsync(string name, string password, string address, bool begin, CancellationToken cancellationToken)
    {
        if (await addresses.WaitAsync(address, cancellationToken) is { } wait) return new SignIn(SignInOutcome.TooMany, RetryAfter: wait);
        name = name.Trim().ToLowerInvariant();
        var isName = IsName(name) && configuration.Current.Admin.LocalAccounts;
        var (kind, id) = isName && await Store.ReadDocumentAsync(AccessDocuments.Account, name, cancellationToken) is not null ? (AccessDocuments.Account, name) : (AccessDocuments.Nobody, "nobody");
        // One at a time, so that those who try at the same time are counted before the next is judged.
        var verdict = await WorkAsync(
            async () =>
            {
                var json = await Store.ReadDocumentAsync(kind, id, cancellationToken);
                var known = AccessDocuments.ReadAccount(json);
                var right = password.Length <= PasswordHash.Longest && PasswordHash.Verify(password, known?.Password ?? PasswordHash.Nobody);
                var now = time.GetUtcNow();
                if (right && kind == AccessDocuments.Account && known is { Locked: false } && !(known.BarredUntil > now))
                {
                    var welcome = known with { SignedIn = now, Failures = 0, BarredUntil = null };
                    return await Store.ExchangeDocumentAsync(kind, id, json, AccessDocuments.Write(welcome), cancellationToken) ? welcome : null;
                }

                known ??= new AccountDocument(id, [], PasswordHash.Nobody, true, now, "", now);
                // Who tries on while it is barred must not keep it so for ever.
                var failures = known.BarredUntil > now ? known.Failures : known.Failures + 1;
                var barred = failures > known.Failures && failures >= FreeFailures;
                var counted = known with { Failures = failures, BarredUntil = barred ? now + AttemptLimiter.Delay(failures - FreeFailures) : known.BarredUntil };
                await Store.ExchangeDocumentAsync(kind, id, json, AccessDocuments.Write(counted), cancellationToken);
                // What was typed for a name may be a password.
                await control.RecordAsync(barred ? AuditKind.SignInBarred : AuditKind.SignInFailed, $"{(kind == AccessDocuments.Account ? name : "no such account")}, {address}", null);
                return null;
            },
            cancellationToken);
        if (verdict is null) return new SignIn(SignInOutcome.TooMany, RetryAfter: Patience);
        if (verdict.Value is not { } account)
        {
            if (await addresses.FailAsync(address, cancellationToken)) await control.RecordAsync(AuditKind.SignInBarred, address, null);
            return new SignIn(SignInOutcome.Refused);
        }

        await addresses.SucceedAsync(address, cancellationToken);
        return begin ? await BeginAsync(account.Name, AccessDocuments.RolesOf(account.Roles), ByPassword, address, account.PasswordSet, cancellationToken) : new SignIn(SignInOutcome.Done);
    }

    private async ValueTask<AccountChange> ChangePasswordAsync(string name, string password, string detail, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(name, cancellationToken)) return AccountChange.NotFound;
        var hash = await WorkAsync(() => PasswordHash.Make(password), cancellationToken);
        if (hash is null) return AccountChange.Conflict;
        return await ChangePasswordToAsync(name, hash, detail, who, cancellationToken);
    }

    private ValueTask<AccountChange> ChangePasswordToAsync(string name, string hash, string detail, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return ChangeAsync(
            name, a => a with { Password = hash, PasswordSet = now > a.PasswordSet ? now : a.PasswordSet.AddTicks(1), Failures = 0, BarredUntil = null }, AuditKind.AccountChanged, detail, who, cancellationToken);
    }

    private async ValueTask<AccountChange> ChangeAsync(
        string name, Func<AccountDocument, AccountDocument?> change, AuditKind kind, string detail, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (!IsName(name)) return AccountChange.NotFound;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var json = await Store.ReadDocumentAsync(AccessDocuments.Account, name, cancellationToken);
            if (AccessDocuments.ReadAccount(json) is not { } account) return AccountChange.NotFound;
            if (attempt is 0) await RecordAsync(kind, $"{name}: {detail}", who);
            var next = change(account);
            if (await Store.ExchangeDocumentAsync(AccessDocuments.Account, name, json, next is null ? null : AccessDocuments.Write(next), cancellationToken)) return AccountChange.Done;
        }

        return AccountChange.Conflict;
    }

    // Null: it is over, because the account is.
    private async ValueTask<OperatorRoles?> RolesAsync(SessionDocument session, CancellationToken cancellationToken)
    {
        if (session.Way != ByPassword) return configuration.Current.Admin.Oidc is null ? null : AccessDocuments.RolesOf(session.Roles);
        if (!configuration.Current.Admin.LocalAccounts) return null;
        var account = AccessDocuments.ReadAccount(await Store.ReadDocumentAsync(AccessDocuments.Account, session.Name, cancellationToken));
        return account is { Locked: false } && account.PasswordSet == session.PasswordSet ? AccessDocuments.RolesOf(account.Roles) : null;
    }

    private bool IsOver(SessionDocument session)
    {
        var (now, admin) = (time.GetUtcNow(), configuration.Current.Admin);
        return now - session.LastSeen >= admin.IdleSession || now - session.Since >= admin.LongestSession;
    }

    private async ValueTask TidyAsync(string name, CancellationToken cancellationToken)
    {
        var own = new List<(string Id, DateTimeOffset LastSeen)>();
        foreach (var document in await Store.ListDocumentsAsync(AccessDocuments.Session, cancellationToken))
        {
            if (AccessDocuments.ReadSession(document.Json) is not { } session || IsOver(session)) await Store.RemoveDocumentAsync(AccessDocuments.Session, document.Id, cancellationToken);
            else if (session.Name == name) own.Add((document.Id, session.LastSeen));
        }

        foreach (var (id, _) in own.OrderByDescending(s => s.LastSeen).Skip(MostSessions - 1)) await Store.RemoveDocumentAsync(AccessDocuments.Session, id, cancellationToken);
    }

    private async ValueTask<string?> WorkAsync(Func<string> work, CancellationToken cancellationToken) => (await WorkAsync(() => Task.FromResult<string?>(work()), cancellationToken))?.Value;

    // Null: as many wait as may.
    private async ValueTask<Worked<T>?> WorkAsync<T>(Func<Task<T?>> work, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            if (Interlocked.Increment(ref waiting) > MostAttempts || !await place.WaitAsync(Patience, cancellationToken)) return null;
            try
            {
                // On a thread of its own: those of the pool send mail.
                return new Worked<T>(await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap());
            }
            finally
            {
                place.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    private async ValueTask RecordAsync(AuditKind kind, string detail, OperatorIdentity who)
    {
        if (!await control.RecordAsync(kind, detail, who.Name)) throw new SpoolUnavailableException(Store.Health);
    }

    private static OperatorSession Describe(string id, SessionDocument session, OperatorRoles roles) => new(id, session.Name, roles, session.Way, session.Address, session.Since, session.LastSeen);

    private static void Check(OperatorRoles roles)
    {
        if (roles is OperatorRoles.None) throw new FormatException("a role is missing");
    }

    private static void Check(string password, string name)
    {
        if (password.Length is < PasswordHash.Shortest or > PasswordHash.Longest) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a password has {PasswordHash.Shortest} to {PasswordHash.Longest} characters"));
        if (password.Contains(name, StringComparison.OrdinalIgnoreCase) && name.Length > 3) throw new FormatException("a password must not hold the name");
        if (password.Distinct().Count() < 5) throw new FormatException("a password has at least five different characters");
    }

    private static void Check(string reason)
    {
        if (string.IsNullOrWhiteSpace(reason)) throw new FormatException("a reason is missing");
        if (reason.Length > LongestReason) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the reason has more than {LongestReason} characters"));
    }

    private static bool IsName(string name) => name.Length is > 0 and <= LongestName && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '-' or '_' or '@');

    private static bool IsId(string id) => id.Length is 64 && id.All(char.IsAsciiHexDigitLower);

    private static string IdOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private sealed record Worked<T>(T? Value);
}
