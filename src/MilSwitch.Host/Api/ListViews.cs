using MilSwitch.Domain.Lists;

namespace MilSwitch.Host.Api;

/// <summary>A mailing list.</summary>
/// <param name="Address">What people write to.</param>
/// <param name="Domain">The security domain it is in; null: there are no domains.</param>
/// <param name="Owner">Who hears of members who could not be reached; null: the originator does.</param>
/// <param name="AsksDirectory">A directory knows members.</param>
/// <param name="Version">Which members these are, as the audit trail names it; null: a directory was not asked, or is away.</param>
/// <param name="AskedAt">When the directory was asked; null: it was not.</param>
/// <param name="Unusable">Values of the directory that are no mail addresses.</param>
/// <param name="Fault">Why its members are not known now; null: nothing is wrong.</param>
/// <param name="Count">How many members it has; null as <paramref name="Version"/>.</param>
/// <param name="Members">Their addresses, in the order in which they are served; null as <paramref name="Version"/>, and where all lists are told of.</param>
public sealed record ListView(
    string Address, string? Domain, string? Owner, bool AsksDirectory, string? Version, DateTimeOffset? AskedAt, int Unusable, string? Fault, int? Count, IReadOnlyList<string>? Members)
{
    /// <param name="state">As the switch tells.</param>
    /// <param name="withMembers">With their addresses.</param>
    public static ListView Of(ListState state, bool withMembers)
    {
        var list = state.List;
        var known = !list.AsksDirectory || state.AskedAt is not null;
        return new ListView(
            list.Address.Text, list.Domain, list.Owner?.Text, list.AsksDirectory, known ? list.Version : null, state.AskedAt, state.Unusable, state.Fault, known ? list.Members.Length : null,
            known && withMembers ? [.. list.Members.Select(m => m.Text)] : null);
    }
}
