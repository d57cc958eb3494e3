using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Switching.Operations;

/// <summary>What stands on a node. Answered with <see cref="AlarmsAnswer"/>.</summary>
/// <param name="After">Only those behind this id; null: all.</param>
public sealed record AlarmsOrder(string? After) : IWireMessage;

/// <param name="Alarms">In the order of their ids.</param>
/// <param name="More">There are others behind the last one.</param>
public sealed record AlarmsAnswer(ImmutableArray<AlarmNews> Alarms, bool More) : IWireMessage
{
    internal static AlarmsAnswer Of(IEnumerable<Alarm> alarms, string? after)
    {
        var (page, more) = WatchPage.Of(
            alarms.Where(a => string.CompareOrdinal(a.Id, after) > 0).OrderBy(a => a.Id, StringComparer.Ordinal).Select(a => new AlarmNews(a.Id, a.Text, a.Since)), SwitchJson.Default.AlarmNews);
        return new AlarmsAnswer(page, more);
    }
}

public sealed record AlarmNews(string Id, string Text, DateTimeOffset Since)
{
    /// <summary>Null: nonsense.</summary>
    internal Alarm? ToAlarm() => Id is null || Text is null ? null : new Alarm(Id, Text, Since);
}

/// <summary>How the links of a node are. Answered with <see cref="LinksAnswer"/>.</summary>
/// <param name="After">Only those behind this name; null: all.</param>
public sealed record LinksOrder(string? After) : IWireMessage;

/// <param name="Links">In the order of their names.</param>
/// <param name="More">There are others behind the last one.</param>
public sealed record LinksAnswer(ImmutableArray<LinkNews> Links, bool More) : IWireMessage
{
    internal static LinksAnswer Of(IEnumerable<LinkStatus> links, string? after)
    {
        var (page, more) = WatchPage.Of(
            links.Where(l => string.CompareOrdinal(l.Name.Value, after) > 0).OrderBy(l => l.Name.Value, StringComparer.Ordinal).Select(LinkNews.Of), SwitchJson.Default.LinkNews);
        return new LinksAnswer(page, more);
    }
}

/// <summary>As <see cref="LinkStatus"/>.</summary>
public sealed record LinkNews(
    string Name, BreakerPhase Breaker, DateTimeOffset? NextTry, string LastFault, string LastReply, string? Tls, int Connections, int ConnectionLimit, int Busy,
    ImmutableArray<int> Waiting, int Deferred, long Delivered, long Failed, long Suspected, ImmutableArray<string> Targets, ImmutableArray<string> Rules)
{
    internal static LinkNews Of(LinkStatus link) => new(
        link.Name.Value, link.Breaker, link.NextTry, link.LastFault, link.LastReply, link.Tls, link.Connections, link.ConnectionLimit, link.Busy,
        link.Waiting, link.Deferred, link.Delivered, link.Failed, link.Suspected, link.Targets, link.Rules);

    /// <summary>Null: of another version, or nonsense.</summary>
    internal LinkStatus? ToStatus() => Name is null || !Enum.IsDefined(Breaker) || Waiting.IsDefault || Waiting.Length != PrecedenceExtensions.Count ? null : new LinkStatus
    {
        Name = new LinkName(Name), Breaker = Breaker, NextTry = NextTry, LastFault = LastFault ?? "", LastReply = LastReply ?? "", Tls = Tls,
        Connections = Connections, ConnectionLimit = ConnectionLimit, Busy = Busy, Waiting = Waiting, Deferred = Deferred,
        Delivered = Delivered, Failed = Failed, Suspected = Suspected, Targets = Known(Targets), Rules = Known(Rules),
    };

    private static ImmutableArray<string> Known(ImmutableArray<string> texts) => texts.IsDefault ? [] : [.. texts.Where(t => t is not null)];
}

/// <summary>As much of a list as one message between nodes may hold.</summary>
internal static class WatchPage
{
    // Half of what the transport takes, which leaves room for its own words.
    private const int Octets = 60_000;

    public static (ImmutableArray<T> Page, bool More) Of<T>(IEnumerable<T> all, JsonTypeInfo<T> type)
    {
        var page = ImmutableArray.CreateBuilder<T>();
        var room = Octets;
        foreach (var item in all)
        {
            room -= JsonSerializer.SerializeToUtf8Bytes(item, type).Length;
            if (room < 0 && page.Count > 0) return (page.ToImmutable(), true);
            page.Add(item);
        }

        return (page.ToImmutable(), false);
    }
}
