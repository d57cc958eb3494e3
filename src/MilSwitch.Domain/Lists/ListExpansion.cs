using System.Collections.Immutable;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Lists;

/// <summary>The signature that a mailing list agent puts around everything, with the mlExpansionHistory that names it (RFC 2634 §4.2). Immutable.</summary>
/// <param name="Sign">With which key: its certificate is the list's name in the history.</param>
/// <param name="Policy">What it says about receipts.</param>
/// <param name="ReceiptsTo">Addresses, where the policy names some.</param>
public sealed record ListExpansion(DepartureSigning Sign, ListReceiptPolicy Policy, ImmutableArray<string> ReceiptsTo)
{
    public bool Equals(ListExpansion? other) => other is not null && Sign == other.Sign && Policy == other.Policy && ReceiptsTo.SequenceEqual(other.ReceiptsTo);

    public override int GetHashCode() => HashCode.Combine(Sign, Policy, ReceiptsTo.Length);
}
