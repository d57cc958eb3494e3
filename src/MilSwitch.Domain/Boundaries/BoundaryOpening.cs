using System.Collections.Immutable;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Boundaries;

/// <summary>What a boundary takes off a message and whom it believes doing so. Immutable.</summary>
public sealed record BoundaryOpening
{
    /// <summary>By whom signatures are believed; that of the domain the message comes from.</summary>
    public ArrivalTrust Trust { get; init; } = ArrivalTrust.None;

    /// <summary>The security domain the message comes from: whose fetched revocation lists count, and who keeps what came with a signature; null: none.</summary>
    public string? Home { get; init; }

    /// <summary>The name under which results are told to readers in the other domain (RFC 8601 §2.5); empty: none are.</summary>
    public string AuthservId { get; init; } = "";

    /// <summary>Names of the keys that open; empty: what is encrypted is not for this boundary.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>
    /// Certificate (DER) of an authority that certified keys of this boundary in the names of recipients beyond it; empty: there is
    /// none. What is encrypted to those certificates is opened as well, whatever their numbers are.
    /// </summary>
    public ReadOnlyMemory<byte> ProxyAuthority { get; init; }

    /// <summary>Whose signature counts.</summary>
    public SignerRole Signers { get; init; } = SignerRole.Originator | SignerRole.Domain;

    /// <summary>
    /// The mail domains that a domain signature may speak for (RFC 3183 §3.1.1), as in routes: <c>name</c> or <c>*.name</c>;
    /// empty: whatever its name allows.
    /// </summary>
    public ImmutableArray<string> SignerDomains { get; init; } = [];

    /// <summary>By which name somebody may sign for others.</summary>
    public AuthorityNaming SignerNaming { get; init; }

    /// <summary>
    /// Of a triple wrap only the outer signature is taken off and made anew; encryption and inner signature stay as they are,
    /// octet for octet, from end to end (RFC 2634 §1.1).
    /// </summary>
    public bool KeepsInner { get; init; }

    /// <summary>
    /// Good signatures inside of what is opened stay around the content that they cover; else all are taken off. Those that a
    /// mailing list agent would take off are taken off here, too (RFC 3183 §5).
    /// </summary>
    public bool KeepsSignatures { get; init; }

    /// <summary>Mail addresses in the certificates of mailing list agents whose signatures are believed (RFC 2634 §4); canonical.</summary>
    public ImmutableArray<string> Lists { get; init; } = [];

    /// <summary>
    /// Mail addresses of those who review and release under their own names (RFC 7912 §3.2): a signature of theirs is a review, though
    /// it does not say so and is of nobody in From; canonical.
    /// </summary>
    public ImmutableArray<string> Reviewers { get; init; } = [];

    /// <summary>
    /// Names of keys: a history of expansions that names one of theirs is a loop. Default: of any key of this switch, which at a boundary
    /// is for nobody to have done before; a list knows of its own only.
    /// </summary>
    public ImmutableArray<string> LoopKeys { get; init; }
}

/// <summary>On whose behalf a signature is (RFC 3183 §3.1).</summary>
[Flags]
public enum SignerRole : byte
{
    None = 0,

    /// <summary>The person or role in From.</summary>
    Originator = 1,

    /// <summary>Its domain, <c>domain-signing-authority</c>.</summary>
    Domain = 2,

    /// <summary>Somebody who reviewed or released it, <c>review-authority</c>.</summary>
    Review = 4,

    /// <summary>Who adds attributes, <c>attribute-authority</c>.</summary>
    Attribute = 8,
}
