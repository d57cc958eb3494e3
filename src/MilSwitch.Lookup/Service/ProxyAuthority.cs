using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Labels;
using MilSwitch.Labels.Decisions;
using MilSwitch.Lookup.Service.Log;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Lookup.Service;

/// <summary>
/// Answers for recipients beyond the boundary with certificates of its own: the recipient's address, the gateway's key, some
/// hours of life, and the statement that the mail is decrypted at the boundary. Its certificate must be constrained to the
/// foreign domains. Nothing is handed out before the log has it. Thread-safe: one is issued at a time, what is in memory is
/// answered beside it.
/// </summary>
public sealed class ProxyAuthority : IDisposable
{
    // Clocks of clients that are behind.
    private static readonly TimeSpan Backdated = TimeSpan.FromMinutes(5);

    // A token that does not answer is asked again after this, so that nobody else waits for its deadline meanwhile.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private const int SerialOctets = 16;
    private const int MostWaiting = 256;
    private const int ClientsRemembered = 4_096;

    private readonly ProxyAuthoritySettings settings;
    private readonly ISigningKey signer;
    private readonly TimeProvider time;
    private readonly IProxyLog log;
    private readonly Certificate authority;
    private readonly VerificationKey verifier;
    private readonly SignatureScheme scheme;
    private readonly DigestAlgorithm digest;
    private readonly ProxyCertificateWriter writer;
    private readonly ProxyCache cache;
    private readonly FrozenSet<string> optedOut;
    private readonly OriginatorRates clients = new(ClientsRemembered);
    private readonly SemaphoreSlim turn = new(1);
    private TokenBucket bucket;
    private DateTimeOffset retryAt;
    private int waiting;

    /// <param name="signer">The key of the authority with its certificate, in memory or on a token.</param>
    /// <param name="log">Stays the caller's.</param>
    /// <exception cref="ProxyAuthorityException">The certificate may not issue these certificates, or a setting is out of its range.</exception>
    public ProxyAuthority(ProxyAuthoritySettings settings, ISigningKey signer, TimeProvider time, IProxyLog log)
    {
        authority = Certificate.Read(signer.Certificate);
        settings = Check(settings, authority);
        verifier = authority.ReadKey() ?? throw new ProxyAuthorityException("the authority's key is of no kind that signs here");
        scheme = SignatureScheme.Find(signer.SignatureAlgorithm) ?? throw new ProxyAuthorityException("the authority's key signs in an unknown way");
        if (!verifier.Fits(scheme)) throw new ProxyAuthorityException("the authority's key is not that of its certificate");
        digest = DigestAlgorithm.Find(signer.DigestAlgorithm) ?? throw new ProxyAuthorityException("the authority's key signs with an unknown digest");
        (this.settings, this.signer, this.time, this.log) = (settings, signer, time, log);
        writer = new ProxyCertificateWriter(authority, settings);
        cache = new ProxyCache(settings.CacheCapacity);
        // Without regard to case, as directories compare: else another spelling would get what the wish denies.
        optedOut = settings.OptedOut.Select(ProxyAddress.Write).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        bucket = TokenBucket.Full(settings.MostPerMinute, time.GetUtcNow());
    }

    /// <summary>Judges settings without a key, as the constructor does.</summary>
    /// <returns>The settings, with the ceiling's classifications listed.</returns>
    /// <exception cref="ProxyAuthorityException">The certificate may not issue these certificates, or a setting is out of its range.</exception>
    public static ProxyAuthoritySettings Check(ProxyAuthoritySettings settings, Certificate authority)
    {
        settings = ProxySettingsCheck.Check(settings);
        AuthorityCheck.Check(authority, settings);
        return settings;
    }

    /// <summary>The authority's certificate.</summary>
    public Certificate Certificate => authority;

    /// <summary>As they were given, with the ceiling's classifications listed.</summary>
    public ProxyAuthoritySettings Settings => settings;

    /// <summary>Recipients with certificates in memory.</summary>
    public int Cached => cache.Count;

    /// <summary>The recipient's domain is one beyond the boundary.</summary>
    public bool Serves(Mailbox recipient) => settings.ForeignDomains.Any(foreign => foreign.Covers(recipient.Domain));

    /// <summary>Answers a request. Never throws for what somebody asks.</summary>
    /// <param name="cancellationToken">Gives up waiting for the turn or the key; what was begun to be recorded is recorded.</param>
    public async ValueTask<ProxyAnswer> IssueAsync(ProxyRequest request, CancellationToken cancellationToken = default)
    {
        if (!Serves(request.Recipient)) return ProxyAnswer.NotServed.Instance;
        if (IsOptedOut(request.Recipient) || (request.Originator is { } originator && IsOptedOut(originator))) return Refuse(ProxyRefusal.OptedOut);
        if (request.Label is { } label && !IsWithinCeiling(label)) return Refuse(ProxyRefusal.AboveCeiling);
        if (cache.Find(request.Recipient, time.GetUtcNow()) is { } known) return known;
        if (Interlocked.Increment(ref waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref waiting);
            return Refuse(ProxyRefusal.TooMany);
        }

        try
        {
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }

        try
        {
            // Somebody before us in the queue may have asked for the same.
            return cache.Find(request.Recipient, time.GetUtcNow()) ?? await IssueNewAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private bool IsOptedOut(Mailbox mailbox) => optedOut.Count > 0 && optedOut.Contains(ProxyAddress.Write(mailbox));

    private bool MayAsk(string? client, DateTimeOffset now) => client is null
        || clients.Ask(Originator.Of(new ClientIdentity { Listener = "", Role = default, Address = client }), settings.MostPerMinuteOfClient, now, take: true) is RateVerdict.Allowed;

    // Policies compare nothing across: a label of another policy than the ceiling's is above it.
    private bool IsWithinCeiling(SecurityLabel label) => settings.Ceiling is not { } ceiling
        || (settings.Policies.Find(label.Policy) is { } policy && AccessControl.Permits(label, ceiling, policy));

    private async ValueTask<ProxyAnswer> IssueNewAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var notBefore = Whole(now - Backdated < authority.NotBefore ? authority.NotBefore : now - Backdated);
        var notAfter = Whole(now + settings.Lifetime > authority.NotAfter ? authority.NotAfter : now + settings.Lifetime);
        if (now < authority.NotBefore || now >= notAfter || !IsAllowed(request.Recipient)) return Refuse(ProxyRefusal.AuthorityInvalid);
        if (now < retryAt) return Refuse(ProxyRefusal.KeyAway);
        bucket = bucket.Filled(settings.MostPerMinute, now);
        if (!bucket.HasOne || !MayAsk(request.Client, now)) return Refuse(ProxyRefusal.TooMany);
        bucket = bucket.WithOneLess();
        try
        {
            var certificates = ImmutableArray.CreateBuilder<Certificate>(settings.GatewayKeys.Length);
            foreach (var key in settings.GatewayKeys) certificates.Add(await SignAsync(request.Recipient, key, notBefore, notAfter, cancellationToken).ConfigureAwait(false));
            var issued = new ProxyAnswer.Issued(certificates.MoveToImmutable(), [authority, .. settings.Chain], now + ((notAfter - now) / 2));
            await log.AppendAsync([.. issued.Certificates.Select(c => Record(request, c, now))]).ConfigureAwait(false);
            ProxyMeters.CountIssued(issued.Certificates.Length);
            cache.Add(request.Recipient, issued);
            return issued;
        }
        catch (Exception fault) when (fault is KeyUnavailableException or NotSupportedException)
        {
            // The latter: a token that does not sign as its key was configured.
            retryAt = time.GetUtcNow() + Pause;
            return Refuse(ProxyRefusal.KeyAway);
        }
        catch (ProxyLogException)
        {
            return Refuse(ProxyRefusal.LogAway);
        }
    }

    private async ValueTask<Certificate> SignAsync(Mailbox recipient, GatewayKey key, DateTimeOffset notBefore, DateTimeOffset notAfter, CancellationToken cancellationToken)
    {
        var serial = RandomNumberGenerator.GetBytes(SerialOctets);
        // Positive, always 16 octets long, and never zero (RFC 5280 §4.1.2.2).
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        var signed = writer.Write(recipient, key, serial, signer.SignatureAlgorithm, notBefore, notAfter);
        var signature = await signer.SignAsync(signed, cancellationToken).ConfigureAwait(false);
        if (!verifier.Verify(scheme, digest, signed, signature)) throw new KeyUnavailableException("the key's signature does not verify with the authority's certificate");
        return Certificate.Read(ProxyCertificateWriter.Finish(signed, signer.SignatureAlgorithm, signature));
    }

    // The rule that makes the rest bearable, asked of the octets that bind everybody else.
    private bool IsAllowed(Mailbox recipient)
    {
        var kind = ProxyAddress.IsAscii(recipient) ? GeneralNameKind.Rfc822Name : GeneralNameKind.SmtpUtf8Mailbox;
        return authority.NameConstraints!.Allows(new GeneralName(kind, ProxyAddress.Write(recipient), null, default));
    }

    private static ProxyLogRecord Record(ProxyRequest request, Certificate certificate, DateTimeOffset now) =>
        new(now, ProxyAddress.Write(request.Recipient), certificate.SerialText, certificate.Thumbprint, certificate.NotAfter, request.Requester);

    private static ProxyAnswer.Refused Refuse(ProxyRefusal reason)
    {
        ProxyMeters.CountRefused(reason);
        return new ProxyAnswer.Refused(reason);
    }

    private static DateTimeOffset Whole(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
