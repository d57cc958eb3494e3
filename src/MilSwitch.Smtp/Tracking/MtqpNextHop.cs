using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Tracking;

/// <summary>A server that may be asked in a client's place about what was handed on to its host. Immutable.</summary>
/// <param name="Host">As it stands in Remote-MTA: the host that a message was transferred to.</param>
/// <param name="Server">Who is asked about messages there.</param>
/// <param name="Anchors">It is asked inside TLS only, with a certificate of theirs for the server's name; null: it is not known by a certificate.</param>
public sealed record MtqpNextHop(string Host, HopTarget Server, X509Certificate2Collection? Anchors)
{
    /// <summary>Compared by the certificates themselves, so that a configuration that is read again is the same.</summary>
    public bool Equals(MtqpNextHop? other) =>
        other is not null && Host == other.Host && Server == other.Server && (Anchors?.Select(a => a.Thumbprint) ?? []).SequenceEqual(other.Anchors?.Select(a => a.Thumbprint) ?? []);

    public override int GetHashCode() => HashCode.Combine(Host, Server);
}
