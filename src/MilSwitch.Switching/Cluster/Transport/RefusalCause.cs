namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>Why a connection between nodes was not made, or ended. Each is a value of the label <c>cause</c> in the metrics.</summary>
internal enum RefusalCause
{
    /// <summary>No place: too many connections, or made way for others before it had proved anything.</summary>
    Busy,

    /// <summary>Connecting, the TLS handshake or the first frames took too long.</summary>
    Timeout,

    /// <summary>No TLS, or none that we speak.</summary>
    Handshake,

    /// <summary>TLS without a certificate.</summary>
    NoCertificate,

    /// <summary>A certificate that leads to none of the configured authorities.</summary>
    Untrusted,

    /// <summary>Expired for longer than the grace.</summary>
    Expired,

    /// <summary>Valid in the future only.</summary>
    NotYetValid,

    /// <summary>A certificate for something else than this side of TLS.</summary>
    WrongPurpose,

    /// <summary>The certificate names neither the host that was dialled nor the configured name of peers.</summary>
    WrongName,

    /// <summary>Trusted, but the first frames are not of our protocol.</summary>
    Protocol,

    /// <summary>A frame without content, longer than allowed or of an unknown kind.</summary>
    Frame,

    /// <summary>The other side ended the connection before it took us in.</summary>
    Refused,
}
