using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Alarms;

namespace MilSwitch.Dashboard.Acts;

/// <summary>What is done about alarms.</summary>
internal static class AlarmActs
{
    public static async Task<ActAnswer> AcknowledgeAsync(IServiceProvider services, ActInput input) =>
        Told(await Desk(services).AcknowledgeAsync(Choice(input), input["note"], input.Who, input.CancellationToken).ConfigureAwait(false), "acknowledged");

    public static async Task<ActAnswer> ShelveAsync(IServiceProvider services, ActInput input)
    {
        var time = FilterText.Span(input.Required("for"));
        if (time <= TimeSpan.Zero || time > AlarmShelf.Longest) throw new FormatException($"an alarm is put aside for {Rendering.Say.Span(AlarmShelf.Longest)} at most");
        return Told(await Desk(services).ShelveAsync(Choice(input), time, input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false), "put aside");
    }

    public static async Task<ActAnswer> UnshelveAsync(IServiceProvider services, ActInput input) =>
        Told(await Desk(services).UnshelveAsync(Choice(input), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false), "taken back");

    private static IAlarmDesk Desk(IServiceProvider services) => services.GetRequiredService<IAlarmDesk>();

    private static AlarmChoice Choice(ActInput input)
    {
        var similar = input["similar"] is not null;
        return new AlarmChoice(input.Required("alarm"), similar ? null : input["node"], similar);
    }

    private static ActAnswer Told(ImmutableArray<AlarmEntry>? changed, string word) => changed is not { } entries
        ? ActAnswer.Not("There is no such alarm any more.")
        : entries.IsEmpty ? ActAnswer.Done("It was so before.") : ActAnswer.Done($"{Rendering.Say.Count(entries.Length, "alarm is", "alarms are")} {word}.");
}
