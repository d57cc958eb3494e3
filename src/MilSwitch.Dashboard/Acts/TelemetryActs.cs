using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Telemetry;

namespace MilSwitch.Dashboard.Acts;

/// <summary>How persons look into the node that serves the console.</summary>
internal static class TelemetryActs
{
    private const int LongestCategory = 200;

    public static async Task<ActAnswer> SetLogLevelAsync(IServiceProvider services, ActInput input)
    {
        var category = input["category"];
        if (category is not null && (category.Length > LongestCategory || !category.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_'))) throw new FormatException("a category is the beginning of a logger's name, such as MilSwitch.Smtp");
        LogSeverity? level = null;
        if (input.Required("level") is var word && word is not "configured") level = Enum.TryParse<LogSeverity>(word, ignoreCase: true, out var read) && Enum.IsDefined(read) ? read : throw new FormatException($"'{word}' is no level");
        var lasts = Within(input, ITelemetryDesk.LongestLogLevel, "a level differs");
        try
        {
            await Desk(services).SetLogLevelAsync(category, level, lasts, input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            return ActAnswer.Not("Nothing was done: too many categories differ already.");
        }

        var what = category ?? "Everything";
        return level is null ? ActAnswer.Done($"{what} is logged as configured.") : ActAnswer.Done($"{what} is logged at {Say.Word(level.Value)} for {Say.Span(lasts)}; the configured level returns by itself.");
    }

    public static async Task<ActAnswer> StartTraceAsync(IServiceProvider services, ActInput input)
    {
        if (!DialogueChoice.TryRead(input.Required("peer"), out var peer)) throw new FormatException("a peer is listener:NAME, link:NAME, an address or a network");
        return await Desk(services).StartTraceAsync(peer, Within(input, DialogueBoard.Longest, "a dialogue is recorded"), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false) is { } trace
            ? ActAnswer.Done($"Record {trace.Id} runs until {Say.Time(trace.Until)}.")
            : ActAnswer.Not("Nothing was done: too many records are being made; stop one first.");
    }

    public static async Task<ActAnswer> StopTraceAsync(IServiceProvider services, ActInput input) =>
        await Desk(services).StopTraceAsync(input.Required("trace"), input.Who, input.CancellationToken).ConfigureAwait(false) is { } trace
            ? ActAnswer.Done($"Record {trace.Id} is ended; what it holds stays for an hour.")
            : ActAnswer.Not("There is no such record, or not any more.");

    private static ITelemetryDesk Desk(IServiceProvider services) => services.GetRequiredService<ITelemetryDesk>();

    private static TimeSpan Within(ActInput input, TimeSpan longest, string what)
    {
        var time = FilterText.Span(input.Required("for"));
        return time >= TimeSpan.FromSeconds(1) && time <= longest ? time : throw new FormatException($"{what} for {Say.Span(longest)} at most");
    }
}
