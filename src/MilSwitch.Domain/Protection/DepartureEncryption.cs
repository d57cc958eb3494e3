using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Domain.Protection;

/// <summary>How a route encrypts.</summary>
public sealed record DepartureEncryption
{
    private readonly HeaderProtection? headerProtection;

    /// <summary>Certificates of recipients or of their domains (RFC 3183 §4); DER. May be empty with <see cref="FindIn"/>.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> Certificates { get; init; }

    /// <summary>To the owner of every certificate, whoever the recipients are; else each recipient needs one of its own or of its domain.</summary>
    public bool ToAll { get; init; }

    /// <summary>For whom there is none among <see cref="Certificates"/>, one is looked for with the sources of this security domain; null: nowhere.</summary>
    public string? FindIn { get; init; }

    /// <summary><c>aes256-gcm</c>, <c>aes128-gcm</c> or <c>aes256-cbc</c>.</summary>
    public string Content { get; init; } = "aes256-gcm";

    /// <summary>What of the header becomes invisible: <c>none</c>, <c>baseline</c>, <c>shy</c> or <c>mmhs</c>.</summary>
    public string HeaderPolicy { get; init; } = "none";

    /// <summary>How the header is protected; unless it is said, RFC 9788 where something of it is hidden.</summary>
    public HeaderProtection HeaderProtection
    {
        get => headerProtection ?? (HeaderPolicy is "none" ? HeaderProtection.None : HeaderProtection.Rfc9788);
        init => headerProtection = value;
    }

    /// <summary>By which name a certificate is that of a domain's confidentiality authority (RFC 3183 §4.1); not by a URI.</summary>
    public AuthorityNaming AuthorityNaming { get; init; }

    public bool Equals(DepartureEncryption? other) =>
        other is not null && ToAll == other.ToAll && FindIn == other.FindIn && Content == other.Content && HeaderPolicy == other.HeaderPolicy
        && HeaderProtection == other.HeaderProtection && AuthorityNaming == other.AuthorityNaming && Certificates.Length == other.Certificates.Length
        && Certificates.Zip(other.Certificates).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span));

    public override int GetHashCode() => HashCode.Combine(ToAll, FindIn, Content, HeaderPolicy, Certificates.Length);
}
