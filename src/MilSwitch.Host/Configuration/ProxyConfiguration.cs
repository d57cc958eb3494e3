using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Ldap;

namespace MilSwitch.Host.Configuration;

/// <summary>The proxy certificates of one boundary: <c>boundaries[].proxy-certificates</c>. Immutable; judged against the authority's certificate.</summary>
public sealed record ProxyConfiguration
{
    /// <summary>Name of the boundary at which what is encrypted to them is opened.</summary>
    public required string Boundary { get; init; }

    /// <summary>Name of the key that signs them, and nothing else.</summary>
    public required string Authority { get; init; }

    /// <summary>Certificate (DER) of that key.</summary>
    public required ReadOnlyMemory<byte> Certificate { get; init; }

    public required ProxyAuthoritySettings Settings { get; init; }

    /// <summary>Full path of the log.</summary>
    public required string Log { get; init; }

    /// <summary>Name of the key that signs checkpoints of the log; null: there are none.</summary>
    public string? CheckpointKey { get; init; }

    /// <summary>Lines from one checkpoint to the next at most.</summary>
    public int CheckpointEvery { get; init; } = 100;

    /// <summary>Null: nobody is answered over LDAP.</summary>
    public ProxyListener? Ldap { get; init; }

    /// <summary>How look-ups over LDAP are answered.</summary>
    public LdapSettings LdapSettings { get; init; } = new();

    /// <summary>Null: nobody is answered over HTTPS.</summary>
    public ProxyListener? Https { get; init; }

    /// <summary>What can't change while the node runs.</summary>
    internal string Fixed => string.Create(CultureInfo.InvariantCulture, $"{Boundary}|{Log}|{CheckpointKey}|{CheckpointEvery}|{Ldap?.Endpoint}|{Ldap?.Tls}|{LdapSettings}|{Https?.Endpoint}");
}

/// <summary>Where look-ups are answered.</summary>
/// <param name="Endpoint">Address and port.</param>
/// <param name="Tls">When TLS begins.</param>
/// <param name="Certificate">With private key; null without TLS.</param>
public sealed record ProxyListener(IPEndPoint Endpoint, ProxyTls Tls, X509Certificate2? Certificate);

public enum ProxyTls : byte
{
    /// <summary>From the first octet.</summary>
    Implicit = 0,

    /// <summary>When the client asks for it.</summary>
    StartTls = 1,

    None = 2,
}
