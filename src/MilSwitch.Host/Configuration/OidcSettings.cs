using System.Collections.Immutable;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Configuration;

/// <summary>An OpenID provider where persons sign in.</summary>
public sealed record OidcSettings
{
    /// <summary>For the person.</summary>
    public required string Name { get; init; }

    public required Uri Issuer { get; init; }

    public required string ClientId { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>Beside <c>openid</c>.</summary>
    public ImmutableArray<string> Scopes { get; init; } = ["profile"];

    /// <summary>The claim with the person's name.</summary>
    public string NameClaim { get; init; } = "preferred_username";

    /// <summary>The claim with what they are there.</summary>
    public string RoleClaim { get; init; } = "roles";

    /// <summary>What they are here for each value of it; a value that is not there says nothing.</summary>
    public ImmutableDictionary<string, OperatorRoles> Roles { get; init; } = ImmutableDictionary<string, OperatorRoles>.Empty;

    /// <summary>Origin under which browsers reach this node; null: what they say.</summary>
    public Uri? Origin { get; init; }
}
