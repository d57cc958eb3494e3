using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Lists;

/// <summary>The work of a list until other messages have their turn. Immutable.</summary>
/// <param name="Members">Who is served; empty: nobody is left.</param>
/// <param name="IsLast">Nobody comes behind them.</param>
public sealed record ListTurn(ImmutableArray<Mailbox> Members, bool IsLast);
