using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Keys;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// The tokens of a node and who works with them. Work for a key goes to a slot that works and has a key of that label, the
/// least loaded first; when a slot falls sick what waits for it moves to another, or waits until its deadline. Nothing is
/// ever done with a key in software instead. Thread-safe.
/// </summary>
public sealed class TokenDirectory : IDisposable
{
    // How soon a deadline that passed is noticed.
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

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

    /// <summary>How each slot is, by the name of its options, in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, TokenHealth>> Health
    {
        get
        {
            lock (gate) return [.. slots.Select(s => KeyValuePair.Create(s.Options.Name, s.Health))];
        }
    }

    /// <summary>A key on the tokens, for work at Routine; <see cref="TokenKey.At"/> gives it for another level.</summary>
    /// <param name="label">Label of the key.</param>
    /// <param name="certificate">DER. A key that doesn't belong to it is never used.</param>
    /// <param name="digest">For signatures; null: SHA-256, or as strong as the curve.</param>
    /// <param name="pss">RSA signs with RSASSA-PSS instead of PKCS #1 v1.5.</param>
    /// <exception cref="ArgumentException">No slot is there for the label.</exception>
    /// <exception cref="NotSupportedException">The certificate has a key that is neither RSA nor EC.</exception>
    public TokenKey Key(string label, ReadOnlyMemory<byte> certificate, HashAlgorithmName? digest = null, bool pss = false)
    {
        if (!slots.Any(s => s.ShouldHave(label))) throw new ArgumentException($"No token has a key {label}.", nameof(label));
        using var parsed = X509CertificateLoader.LoadCertificate(certificate.Span);
        var identity = new TokenKeyIdentity(label, parsed);
        var natural = identity.FieldLength switch { > 48 => HashAlgorithmName.SHA512, > 32 => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA256 };
        return new TokenKey(this, identity, certificate, TokenSignature.For(identity.IsRsa, digest ?? natural, pss), Precedence.Routine);
    }

    /// <summary>Why no token can be asked for a key at this moment; null: one works, or is being started.</summary>
    /// <param name="label">Label of the key.</param>
    public string? WhyAway(string label)
    {
        lock (gate)
        {
            var meant = slots.Where(s => s.ShouldHave(label)).ToArray();
            if (meant.Any(s => s.Serves(label) || s.Health.State is TokenState.Starting)) return null;
            return meant.FirstOrDefault() is { } first ? $"{first.Options.Name}: {(first.Health.Reason.Length is 0 ? "the key is not there" : first.Health.Reason)}" : "no token is meant to have it";
        }
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

    internal async ValueTask<byte[]?> DoAsync(
        Precedence precedence, TokenKeyIdentity key, Func<TokenSession, IObjectHandle, byte[]?> operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TokenWork work;
        lock (gate)
        {
            var wait = DeadlineFor(key.Label);
            work = new TokenWork(precedence, key, operation, Time.GetTimestamp() + (long)(wait.TotalSeconds * Time.TimestampFrequency)) { Sequence = ++sequence };
            Place(work, "no token has it");
        }

        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TokenWork)state!).Cancel(token), work);
        return await work.Outcome.ConfigureAwait(false);
    }

    /// <summary>Gives work to a slot, or fails it; the gate is held.</summary>
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
        if (slot is null)
        {
            if (refused is not null)
                reason = $"{refused.Options.Name}: {refused.Health.Reason}";
            work.Fail(new KeyUnavailableException($"The key {work.Key.Label} can't be used: {reason}."));
        }
        else if (slot.IsFullFor(work.Precedence))
        {
            work.Fail(new KeyUnavailableException($"The key {work.Key.Label} can't be used: too much waits for the token {slot.Options.Name}."));
        }
        else
        {
            slot.Add(work);
        }
    }

    /// <summary>Slots changed: what waits for one that doesn't work goes to one that does. The gate is held.</summary>
    internal void Redistribute()
    {
        if (closed) return;
        var stranded = slots.Where(s => s.Health.State is not TokenState.Working).SelectMany(s => s.Drain()).ToArray();
        foreach (var work in stranded) Place(work, "no token has it");
    }

    private TimeSpan DeadlineFor(string label)
    {
        foreach (var slot in slots)
        {
            if (slot.ShouldHave(label)) return slot.Options.Deadline;
        }

        throw new KeyUnavailableException($"The key {label} can't be used: no token has it.");
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
