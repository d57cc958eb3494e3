namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>How nodes know each other (<c>cluster.tls</c>).</summary>
public sealed record ClusterTls
{
    /// <summary>The node's certificate in PEM, with the certificates between it and an authority behind it.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>Its key in PEM (PKCS#8, SEC 1 or PKCS#1), not encrypted, for the owner of the process only.</summary>
    public required string KeyFile { get; init; }

    /// <summary>The authorities of nodes in PEM: one or, while they change, several. Nothing else is believed.</summary>
    public required string AuthorityFile { get; init; }

    /// <summary>A name that the certificate of every node has; null: each has the host by which it is dialled.</summary>
    public string? PeerName { get; init; }

    /// <summary>How long an expired certificate of another node is accepted, with an alarm. 0 to 30 days.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(7);
}
