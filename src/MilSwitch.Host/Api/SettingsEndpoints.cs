using System.Globalization;
using Microsoft.OpenApi;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>Versions of the settings, and trials of others.</summary>
internal static class SettingsEndpoints
{
    public const int UsualMessages = 1_000;

    public static void MapSettings(this IEndpointRouteBuilder api)
    {
        api.MapGet("/config/versions", VersionsAsync).Describe<Page<SettingsVersionView>>("configurationVersions", "What was in force on which node, since when and by whose word, the newest first").Tagged();
        api.MapGet("/config/difference", DifferenceAsync).Describe<SettingsDifferenceView>("configurationDifference", "What differs between two versions, line by line, without secrets")
            .Query("from", "Id of the earlier version", required: true).Query("to", "Id of the later version", required: true);
        api.MapGet("/config/trial", TrialAsync).Describe<SettingsTrialView>("configurationTrial", "What the file, as it is now, would have made of the messages of the last days; changes nothing")
            .Query("days", "Of traffic, 1 to 7; 7 when absent", type: JsonSchemaType.Integer).Query("messages", "The newest so many, 1 to 5000; 1000 when absent", type: JsonSchemaType.Integer)
            .Query("plan", "A plan of the profiler to try; the one that counts when absent");
    }

    private static async Task<IResult> VersionsAsync(HttpContext context, ISettingsHistory history, CancellationToken cancellationToken)
    {
        var versions = await history.VersionsAsync(ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        return Conditions.Answer(context, new Page<SettingsVersionView>([.. versions.Select(SettingsVersionView.Of)], null), ApiJson.Default.PageSettingsVersionView);
    }

    private static async Task<IResult> DifferenceAsync(HttpContext context, ISettingsHistory history, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context.Request.Query);
        var (from, to) = (query.Text("from"), query.Text("to"));
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        if (from is null || to is null) return Problems.BadRequest("from and to are ids of versions.");
        return await history.CompareAsync(from, to, ApiEndpoints.CallerOf(context).Identity, cancellationToken) is { } difference
            ? ApiEndpoints.Json(SettingsDifferenceView.Of(difference), ApiJson.Default.SettingsDifferenceView)
            : Problems.NotFound("There is no such version, or not any more.");
    }

    private static async Task<IResult> TrialAsync(HttpContext context, ISettingsTrial trial, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context.Request.Query);
        var question = new TrialQuestion(
            query.Number("days", 1, ISettingsTrial.MostDays) ?? ISettingsTrial.MostDays, query.Number("messages", 1, ISettingsTrial.MostMessages) ?? UsualMessages, query.Text("plan"));
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        var result = await trial.TryAsync(question, ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        return result.Problems.Count > 0
            ? Problems.Answer(422, "The configuration was refused", "Nothing was tried.", [.. result.Problems.Select(p => new ConfigurationProblemView(p.File, p.Line, p.Key, p.Text))])
            : ApiEndpoints.Json(SettingsTrialView.Of(result), ApiJson.Default.SettingsTrialView);
    }
}

/// <summary>What was in force on a node from a time on.</summary>
/// <param name="At">In force since then.</param>
/// <param name="By">Who applied it; null: the node started with it, or a signal had it read.</param>
/// <param name="Digest">SHA-256 over all files.</param>
public sealed record SettingsVersionView(string Id, string Node, int Number, DateTimeOffset At, string? By, string? Reason, string Digest, IReadOnlyList<SettingsFileView> Files)
{
    public static SettingsVersionView Of(SettingsVersion version) => new(
        version.Id, version.Node, version.Number, version.At, version.By, version.Reason, version.Digest, [.. version.Files.Select(f => new SettingsFileView(f.Name, f.Digest, f.Octets, f.IsKept))]);
}

/// <param name="Digest">SHA-256 of what it held.</param>
/// <param name="Kept">Its text is there to be compared.</param>
public sealed record SettingsFileView(string Name, string Digest, long Octets, bool Kept);

/// <param name="Files">Those that differ.</param>
public sealed record SettingsDifferenceView(string From, string To, IReadOnlyList<FileDifferenceView> Files)
{
    public static SettingsDifferenceView Of(SettingsDifference difference) => new(
        difference.From.Id, difference.To.Id,
        [.. difference.Files.Select(f => new FileDifferenceView(f.Name, f.Change.ToString().ToLowerInvariant(), [.. f.Lines.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Mark}{l.Text}"))], f.IsCut))]);
}

/// <param name="Change">changed, added or removed.</param>
/// <param name="Lines">Each begins with a minus, a plus, a space or an at sign; empty: the texts are not kept, or secrets and comments alone differ.</param>
/// <param name="Cut">There are more.</param>
public sealed record FileDifferenceView(string Name, string Change, IReadOnlyList<string> Lines, bool Cut);

/// <param name="From">Since when messages were looked at.</param>
/// <param name="Cut">There are more than were looked at.</param>
/// <param name="Copies">One a recipient.</param>
/// <param name="Ways">How many copies take each, in force and tried.</param>
/// <param name="Profiled">Messages that the profiler's rules were tried on.</param>
/// <param name="Gone">Messages to the profiler whose content is not kept any more, or too large.</param>
/// <param name="Different">How many would fare otherwise; the first 200 are named.</param>
public sealed record SettingsTrialView(
    DateTimeOffset From, int Messages, bool Cut, int Copies, IReadOnlyList<WayView> Ways, int Profiled, int Gone, int Different, IReadOnlyList<TrialDifferenceView> Differences)
{
    public static SettingsTrialView Of(SettingsTrial trial) => new(
        trial.From, trial.Messages, trial.IsCut, trial.Copies, [.. trial.Ways.Select(w => new WayView(w.Way, w.Before, w.After))], trial.Profiled, trial.Gone, trial.Different,
        [.. trial.Differences.Select(d => new TrialDifferenceView(d.Id.ToString(), d.Recipient, d.Before, d.After))]);
}

/// <param name="Way">A link, a list or the profiler, with what the label makes of it; or why there is none.</param>
public sealed record WayView(string Way, int Before, int After);

/// <param name="Id">Of the message.</param>
public sealed record TrialDifferenceView(string Id, string Recipient, string Before, string After);
