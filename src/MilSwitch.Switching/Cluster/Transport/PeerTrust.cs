using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>Which end of a connection a certificate is shown by.</summary>
internal enum PeerRole
{
    /// <summary>The one that was dialled.</summary>
    Server,

    /// <summary>The one that dialled.</summary>
    Client,
}

/// <summary>What was found about a peer's certificate.</summary>
/// <param name="Cause">Why it is refused; null: it is believed.</param>
/// <param name="InGrace">Believed although expired.</param>
internal readonly record struct PeerVerdict(RefusalCause? Cause, bool InGrace)
{
    public static PeerVerdict Trusted => new(null, false);

    public static PeerVerdict Expired => new(null, true);

    public static PeerVerdict Refuse(RefusalCause cause) => new(cause, false);
}

/// <summary>
/// Judges certificates of peers (RFC 5280 §6): a path to a configured authority and to nothing else, nothing fetched, the
/// purpose where the certificate restricts it, the name. Pure but for the clock that is passed.
/// </summary>
internal static class PeerTrust
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <param name="identity">Whom this node believes.</param>
    /// <param name="peer">What was shown; null: nothing.</param>
    /// <param name="sent">What else was sent, to complete the path.</param>
    /// <param name="role">The end that shows it.</param>
    /// <param name="name">One of these must be among its subject alternative names; null: any name will do.</param>
    /// <param name="now">The time to judge at.</param>
    /// <param name="grace">How long an expired certificate is believed further.</param>
    public static PeerVerdict Judge(
        NodeCertificate identity, X509Certificate2? peer, X509Certificate2Collection sent, PeerRole role, string? name, DateTimeOffset now, TimeSpan grace)
    {
        if (peer is null) return PeerVerdict.Refuse(RefusalCause.NoCertificate);
        var problems = Build(identity, peer, sent, role, now, out var issuersAreValid);
        var expired = false;
        if (problems is X509ChainStatusFlags.NotTimeValid)
        {
            DateTimeOffset notAfter = peer.NotAfter.ToUniversalTime();
            if (now < peer.NotBefore.ToUniversalTime()) return PeerVerdict.Refuse(RefusalCause.NotYetValid);
            if (now - notAfter > grace || !issuersAreValid) return PeerVerdict.Refuse(RefusalCause.Expired);
            expired = true;
            problems = Build(identity, peer, sent, role, notAfter.AddSeconds(-1), out _);
        }

        if ((problems & ~X509ChainStatusFlags.NotValidForUsage) is not X509ChainStatusFlags.NoError) return PeerVerdict.Refuse(RefusalCause.Untrusted);
        if (problems is not X509ChainStatusFlags.NoError) return PeerVerdict.Refuse(RefusalCause.WrongPurpose);
        if (name is not null && !peer.MatchesHostname(name, allowWildcards: true, allowCommonName: false)) return PeerVerdict.Refuse(RefusalCause.WrongName);
        return expired ? PeerVerdict.Expired : PeerVerdict.Trusted;
    }

    /// <summary>The rules by which paths are built; also for SslStream, which builds one before it asks.</summary>
    public static X509ChainPolicy Policy(NodeCertificate identity, PeerRole role)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(identity.Authorities);
        policy.ApplicationPolicy.Add(role is PeerRole.Server ? ServerAuthentication : ClientAuthentication);
        return policy;
    }

    private static X509ChainStatusFlags Build(
        NodeCertificate identity, X509Certificate2 peer, X509Certificate2Collection sent, PeerRole role, DateTimeOffset at, out bool issuersAreValid)
    {
        using var chain = new X509Chain { ChainPolicy = Policy(identity, role) };
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        chain.Build(peer);
        issuersAreValid = chain.ChainElements.Skip(1).All(e => at.UtcDateTime >= e.Certificate.NotBefore.ToUniversalTime() && at.UtcDateTime <= e.Certificate.NotAfter.ToUniversalTime());
        return chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
    }
}
