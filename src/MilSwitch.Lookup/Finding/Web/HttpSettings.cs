using System.Collections.Immutable;

namespace MilSwitch.Lookup.Finding.Web;

/// <summary>A certificate store that is asked over HTTPS. Immutable.</summary>
public sealed record HttpSettings
{
    /// <summary>Names it to operators.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is, without a query: <c>https://certs.example.org/search</c>. Only <c>https</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>Whom the server's certificate must lead to; one at least. DER. The system's store is never asked.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> TlsAnchors { get; init; }

    /// <summary>Authorities that decrypt for the recipient's domain, or for one above it, are asked for when there is no certificate of its own (RFC 3183 §4.2).</summary>
    public bool DomainEntries { get; init; } = true;

    /// <summary>For one request; 100 ms to 60 s.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Octets of one answer; 1 KiB to 16 MiB.</summary>
    public int MostOctets { get; init; } = 256 << 10;
}
