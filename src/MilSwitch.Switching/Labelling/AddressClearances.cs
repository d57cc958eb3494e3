using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Routing;
using MilSwitch.Labels.Decisions;

namespace MilSwitch.Switching.Labelling;

/// <summary>Who may see what: clearances by address, found as routes are found. Immutable and thread-safe.</summary>
public sealed class AddressClearances
{
    private readonly RouteTable table;
    private readonly Dictionary<Route, Clearance> clearances = new(ReferenceEqualityComparer.Instance);

    /// <param name="rows">Each with <c>user@domain</c>, <c>domain</c>, <c>*.domain</c> or <c>*</c>, each match once.</param>
    public AddressClearances(IEnumerable<(string Match, Clearance Clearance)> rows)
    {
        var routes = ImmutableArray.CreateBuilder<Route>();
        foreach (var (match, clearance) in rows)
        {
            var route = new Route { Match = match };
            routes.Add(route);
            clearances.Add(route, clearance);
        }

        table = new RouteTable(routes);
    }

    public static AddressClearances None { get; } = new([]);

    public bool IsEmpty => clearances.Count is 0;

    /// <returns>Null: nothing is said about this address.</returns>
    public Clearance? Find(Mailbox address) => clearances.Count > 0 && table.Match(address) is { } row ? clearances[row] : null;
}
