using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Keys;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// The tokens of a node and who works with them. Work for a key goes to a slot that works and has a key of that label, the
/// least loaded first; when a slot falls sick what waits for it moves to another, to another node that has the key, or waits
/// until its deadline. Nothing is ever done with a key in software instead. Thread-safe.
/// </summary>
public sealed class TokenDirectory : IDisposable
{
    // How soon a deadline that passed is noticed.
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    // Of a key that only other nodes have.
    private static readonly TimeSpan FarDeadline = TimeSpan.FromSeconds(30);

    private readonly object gate = new();
    private readonly TokenSlot[] slots;
    private readonly ITimer timer;
    private long sequence;
    private bool closed;

    /// <summary>Begins to open sessions; what comes of it is told by <see cref="Health"/>.</summary>
    /// <exception cref="ArgumentException">Options are wrong.</exception>
    public TokenDirectory(IReadOnlyList<TokenOptions> tokens, TimeProvider time)
    {
        var problems = tokens.SelectMany(t => t.Problems().Select(p => $"{t.Name}: {p}")).ToArray();
        if (problems.Length > 0) throw new ArgumentException(string.Join("; ", problems), nameof(tokens));
        Time = time;
        slots = [.. tokens.Select(t => new TokenSlot(t, this, gate))];
        foreach (var slot in slots) slot.Start();
        timer = time.CreateTimer(_ => Tick(), null, Beat, Beat);
    }

    internal TimeProvider Time { get; }

    /// <summary>The tokens of other nodes; null: there is none. Set before there is work.</summary>
    public IKeyPeers? Peers { get; init; }

    /// <summary>How each slot is, by the name of its options, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, TokenHealth>> Health
    {
        get
        {
            lock (gate) return [.. slots.Select(s => KeyValuePair.Create(s.Options.Name, s.Health))];
        }
    }

    /// <summary>What each slot does, and did, in the order of <see cref="Health"/>.</summary>
    public IReadOnlyList<TokenLoad> Loads
    {
        get
        {
            lock (gate) return [.. slots.Select(s => s.Describe())];
        }
    }

    /// <summary>A key on the tokens, for work at Routine; <see cref="TokenKey.At"/> gives it for another level.</summary>
    /// <param name="label">Label of the key.</param>
    /// <param name="certificate">DER. A key that doesn't belong to it is never used.</param>
    /// <param name="digest">For signatures; null: SHA-256, or as strong as the curve.</param>
    /// <param name="pss">RSA signs with RSASSA-PSS instead of PKCS #1 v1.5.</param>
    /// <exception cref="ArgumentException">No slot is there for the label, and no other node to ask.</exception>
    /// <exception cref="NotSupportedException">The certificate has a key that is neither RSA nor EC.</exception>
    public TokenKey Key(string label, ReadOnlyMemory<byte> certificate, HashAlgorithmName? digest = null, bool pss = false)
    {
        if (Peers is null && !slots.Any(s => s.ShouldHave(label))) throw new ArgumentException($"No token has a key {label}.", nameof(label));
        using var parsed = X509CertificateLoader.LoadCertificate(certificate.Span);
        var identity = new TokenKeyIdentity(label, parsed);
        var natural = identity.FieldLength switch { > 48 => HashAlgorithmName.SHA512, > 32 => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA256 };
        return new TokenKey(this, identity, certificate, TokenSignature.For(identity.IsRsa, digest ?? natural, pss), Precedence.Routine);
    }

    /// <summary>Why no token can be asked for a key at this moment; null: one works, or is being started.</summary>
    /// <param name="label">Label of the key.</param>
    /// <param name="certificate">Its certificate, DER.</param>
    public string? WhyAway(string label, ReadOnlyMemory<byte> certificate)
    {
        bool isMeant;
        string reason;
        lock (gate)
        {
            var meant = slots.Where(s => s.ShouldHave(label)).ToArray();
            if (meant.Any(s => s.Serves(label) || s.Health.State is TokenState.Starting)) return null;
            isMeant = meant.Length > 0;
            reason = isMeant ? $"{meant[0].Options.Name}: {(meant[0].Health.Reason.Length is 0 ? "the key is not there" : meant[0].Health.Reason)}" : "no token is meant to have it";
        }

        if (Peers is null) return reason;
        if (Peers.Offers(label, TokenKeyIdentity.FingerprintOf(certificate.Span))) return null;
        return isMeant ? reason + ", and no other node has it" : "no node has it";
    }

    /// <summary>How much waits for the token of a key on this node; null: none can use it now.</summary>
    /// <param name="label">Label of the key.</param>
    internal int? LoadOf(string label)
    {
        lock (gate) return slots.Where(s => s.Serves(label)).Select(s => (int?)s.Load).Min();
    }

    /// <summary>Closes all sessions. Libraries are finalised where no thread is lost in them.</summary>
    public void Dispose()
    {
        SessionWorker[] workers;
        lock (gate)
        {
            if (closed) return;
            closed = true;
            workers = [.. slots.SelectMany(s => s.Stop())];
        }

        timer.Dispose();
        foreach (var worker in workers) worker.Join(TimeSpan.FromSeconds(5));
        foreach (var slot in slots) slot.Library.Release();
    }

    /// <exception cref="KeyUnavailableException">It can't be used now.</exception>
    /// <exception cref="NotSupportedException">The key or its token does not do that.</exception>
    internal ValueTask<byte[]?> DoAsync(Precedence precedence, TokenKeyIdentity key, KeyOperation operation, CancellationToken cancellationToken)
    {
        var prepared = TokenOperation.Prepare(key, operation);
        return prepared.OnToken is { } onToken ? DoAsync(precedence, key, onToken, operation, null, cancellationToken) : new ValueTask<byte[]?>(prepared.Known);
    }

    /// <summary>As the other one, on this node's tokens alone.</summary>
    internal ValueTask<byte[]?> DoHereAsync(Precedence precedence, TokenKeyIdentity key, KeyOperation operation, TimeSpan patience)
    {
        var prepared = TokenOperation.Prepare(key, operation);
        return prepared.OnToken is { } onToken ? DoAsync(precedence, key, onToken, null, patience, CancellationToken.None) : new ValueTask<byte[]?>(prepared.Known);
    }

    /// <param name="operation">Null: no other node is asked.</param>
    /// <param name="patience">Null: as the token's options say.</param>
    internal async ValueTask<byte[]?> DoAsync(
        Precedence precedence, TokenKeyIdentity key, Func<TokenSession, IObjectHandle, byte[]?> onToken, KeyOperation? operation, TimeSpan? patience, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TokenWork work;
        lock (gate)
        {
            var wait = DeadlineFor(key.Label);
            if (patience < wait) wait = patience.Value;
            work = new TokenWork(precedence, key, onToken, Time.GetTimestamp() + (long)(wait.TotalSeconds * Time.TimestampFrequency))
            {
                Sequence = ++sequence, Operation = operation, IsBound = operation is null || Peers is null,
            };
            Place(work, "no token has it");
        }

        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TokenWork)state!).Cancel(token), work);
        return await work.Outcome.ConfigureAwait(false);
    }

    /// <summary>Gives work to a slot or another node, or fails it; the gate is held.</summary>
    internal void Place(TokenWork work, string reason)
    {
        TokenSlot? serving = null, recovering = null, refused = null;
        foreach (var meant in slots)
        {
            if (!meant.ShouldHave(work.Key.Label) || !work.MayGoTo(meant)) continue;
            if (meant.Serves(work.Key.Label))
            {
                if (serving is null || meant.Load < serving.Load) serving = meant;
            }
            else if (meant.Health.State is TokenState.Starting or TokenState.Sick)
            {
                recovering ??= meant;
            }
            else if (meant.Health.State is TokenState.Refused or TokenState.Stopped)
            {
                refused ??= meant;
            }
        }

        var slot = serving ?? recovering;
        var isFull = slot?.IsFullFor(work.Precedence) is true;
        if ((serving is null || isFull) && !work.IsBound && !closed && Peers!.Offers(work.Key.Label, work.Key.Certificate))
        {
            _ = DoElsewhereAsync(work);
        }
        else if (slot is null)
        {
            if (refused is not null)
                reason = $"{refused.Options.Name}: {refused.Health.Reason}";
            work.Fail(new KeyUnavailableException($"The key {work.Key.Label} can't be used: {reason}."));
        }
        else if (isFull)
        {
            work.Fail(new KeyUnavailableException($"The key {work.Key.Label} can't be used: too much waits for the token {slot.Options.Name}."));
        }
        else
        {
            slot.Add(work);
        }
    }

    // Not under the gate: it begins when whoever placed the work is done.
    private async Task DoElsewhereAsync(TokenWork work)
    {
        await Task.Yield();
        var left = TimeSpan.FromSeconds((work.Due - Time.GetTimestamp()) / (double)Time.TimestampFrequency);
        if (left <= TimeSpan.Zero)
        {
            work.Expire("no token had the time");
            return;
        }

        KeyOutcome outcome;
        try
        {
            outcome = await Peers!.DoAsync(new KeyRequest(work.Key.Label, work.Key.Certificate, work.Precedence, work.Operation!), left).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            // Somebody waits for the outcome and would wait for ever.
            outcome = KeyOutcome.Away($"other nodes could not be asked: {fault.GetType().Name}");
        }

        if (outcome.Kind is KeyOutcomeKind.Done && !TokenOperation.Fits(work.Key, work.Operation!, outcome.Result)) outcome = KeyOutcome.Away("another node answered what can't be so");
        switch (outcome.Kind)
        {
            case KeyOutcomeKind.Done:
                work.Succeed(outcome.Result);
                break;
            case KeyOutcomeKind.NotOffered:
                work.Fail(new NotSupportedException(outcome.Reason));
                break;
            case var _ when work.Due <= Time.GetTimestamp():
                work.Expire(outcome.Reason);
                break;
            default:
                lock (gate)
                {
                    work.IsBound = true;
                    Place(work, outcome.Reason);
                }

                break;
        }
    }

    /// <summary>Slots changed: what waits for one that doesn't work goes to one that does. The gate is held.</summary>
    internal void Redistribute()
    {
        if (closed) return;
        var stranded = slots.Where(s => s.Health.State is not TokenState.Working).SelectMany(s => s.Drain()).ToArray();
        foreach (var work in stranded)
        {
            work.IsBound = work.Operation is null || Peers is null;
            Place(work, "no token has it");
        }
    }

    private TimeSpan DeadlineFor(string label)
    {
        foreach (var slot in slots)
        {
            if (slot.ShouldHave(label)) return slot.Options.Deadline;
        }

        return Peers is not null ? FarDeadline : throw new KeyUnavailableException($"The key {label} can't be used: no token has it.");
    }

    private void Tick()
    {
        lock (gate)
        {
            if (closed) return;
            var now = Time.GetTimestamp();
            foreach (var slot in slots) slot.Tick(now);
        }
    }
}
