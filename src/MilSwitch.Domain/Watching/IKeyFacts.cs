using System.Collections.Immutable;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Watching;

/// <summary>Certificates, revocation lists and tokens of this node, for people. Thread-safe.</summary>
public interface IKeyFacts
{
    /// <summary>As they are now.</summary>
    KeyFacts Look();
}

/// <param name="Certificates">The one that ends first comes first.</param>
/// <param name="RevocationLists">The one that is to be renewed first comes first.</param>
/// <param name="Tokens">Of this node.</param>
public sealed record KeyFacts(ImmutableArray<CertificateFact> Certificates, ImmutableArray<RevocationFact> RevocationLists, ImmutableArray<TokenStatus> Tokens);

/// <param name="Name">Where it stands in the configuration: <c>keys.alfa</c>.</param>
/// <param name="Subject">Whose it is.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="Serial">Hexadecimal.</param>
/// <param name="From">It counts from then on.</param>
/// <param name="Until">It ends then.</param>
public sealed record CertificateFact(string Name, string Subject, string Issuer, string Serial, DateTimeOffset From, DateTimeOffset Until);

/// <param name="Issuer">Of the list.</param>
/// <param name="Issued">When it was made.</param>
/// <param name="Next">When the next one is due; null: it does not say.</param>
/// <param name="IsFetched">It was fetched; false: the configuration has it.</param>
public sealed record RevocationFact(string Issuer, DateTimeOffset Issued, DateTimeOffset? Next, bool IsFetched);
