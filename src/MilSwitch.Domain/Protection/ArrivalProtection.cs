using System.Collections.Immutable;

namespace MilSwitch.Domain.Protection;

/// <summary>What a listener does about the protection of messages. Immutable.</summary>
public sealed record ArrivalProtection
{
    /// <summary>The name under which results are published (RFC 8601 §2.5); fields that carry it on arrival are forged.</summary>
    public required string AuthservId { get; init; }

    /// <summary>Judge signatures and say so in <c>Authentication-Results</c> (RFC 7281).</summary>
    public bool Verify { get; init; }

    /// <summary>Names of the keys that open; empty: nothing is opened.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>What is not signed is refused instead of marked; so is what does not open.</summary>
    public bool RefuseUnsigned { get; init; }

    /// <summary>What is signed and not to be believed is refused instead of marked.</summary>
    public bool RefuseInvalid { get; init; }

    /// <summary>Say which labels stand in signed attributes.</summary>
    public bool ReadLabels { get; init; }

    /// <summary>The listener's security domain: whose fetched revocation lists count, and who keeps what came with a signature that was verified; null: none.</summary>
    public string? Home { get; init; }

    /// <summary>By whom signatures are believed.</summary>
    public ArrivalTrust Trust { get; init; } = ArrivalTrust.None;
}
