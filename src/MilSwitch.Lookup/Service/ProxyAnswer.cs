using System.Collections.Immutable;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Service;

/// <summary>What a <see cref="ProxyAuthority"/> says to a request. A closed set; immutable.</summary>
public abstract record ProxyAnswer
{
    private ProxyAnswer()
    {
    }

    /// <summary>Certificates for the recipient.</summary>
    /// <param name="Certificates">One for each of the gateway's keys, the preferred first.</param>
    /// <param name="Chain">The authority's, and those above it.</param>
    /// <param name="RenewAt">From then on another one is issued: how long the answer may be kept.</param>
    public sealed record Issued(ImmutableArray<Certificate> Certificates, ImmutableArray<Certificate> Chain, DateTimeOffset RenewAt) : ProxyAnswer
    {
        /// <summary>The preferred one.</summary>
        public Certificate Certificate => Certificates[0];
    }

    /// <summary>The recipient is in no domain beyond this boundary.</summary>
    public sealed record NotServed : ProxyAnswer
    {
        public static NotServed Instance { get; } = new();
    }

    /// <summary>None is given out.</summary>
    public sealed record Refused(ProxyRefusal Reason) : ProxyAnswer
    {
        /// <summary>Asking again later may help.</summary>
        public bool IsTemporary => Reason is ProxyRefusal.TooMany or ProxyRefusal.KeyAway or ProxyRefusal.LogAway;
    }
}
