using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Host.Api;
using MilSwitch.Host.Measurement;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Telemetry;

/// <summary>Everything about a node that helps somebody elsewhere, and nothing of its mail, its secrets and, unless wanted, its addresses.</summary>
public sealed class SupportBundle(IOperatorActions actions, IAlarmDesk alarms, ConfigurationHolder configuration, MeterBridge meters, LogRing log, LogLevels levels, DialogueBoard dialogues, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task WriteAsync(Stream output, bool addresses, CancellationToken cancellationToken)
    {
        // Whole in memory first: it is small, and half a bundle looks like a whole one.
        using var buffer = new MemoryStream();
        await using (var zip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        await using (var tar = new TarWriter(zip, TarEntryFormat.Pax))
        {
            foreach (var (name, text) in await FilesAsync(cancellationToken))
            {
                var shown = addresses ? text : Redaction.WithoutAddresses(text);
                var entry = new PaxTarEntry(TarEntryType.RegularFile, "milswitch-support/" + name)
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(shown)), Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, ModificationTime = time.GetUtcNow(),
                };
                await tar.WriteEntryAsync(entry, cancellationToken);
            }
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(output, cancellationToken);
    }

    private async Task<List<(string Name, string Text)>> FilesAsync(CancellationToken cancellationToken)
    {
        var files = new List<(string, string)>
        {
            ("version.json", Json(new VersionView("milswitch", ProgramVersion.Text, "v1"), ApiJson.Default.VersionView)),
            ("environment.txt", Environment()),
            ("configuration.yaml", ConfigurationExtract.Of(configuration.Current.File)),
            ("log.txt", string.Join('\n', log.Lines) + "\n"),
            ("logging.json", Json(LoggingView.Of(levels.State), ApiJson.Default.LoggingView)),
            ("traces.json", Json(new Page<TraceView>([.. dialogues.All.Select(TraceView.Of)], null), ApiJson.Default.PageTraceView)),
        };
        await AddAsync("status.json", async () => Json(StatusView.Of(await actions.StatusAsync(cancellationToken), configuration.Alarms.Select(a => a.Text)), ApiJson.Default.StatusView));
        await AddAsync("links.json", async () => Json(new Page<LinkView>([.. (await actions.LinksOfAllAsync(cancellationToken)).Select(LinkView.Of)], null), ApiJson.Default.PageLinkView));
        await AddAsync("alarms.json", async () => Json(new Page<AlarmView>([.. (await alarms.ListAsync(AlarmScope.All, cancellationToken)).Select(AlarmView.Of)], null), ApiJson.Default.PageAlarmView));
        await AddAsync("cluster.json", async () => Json(ClusterStateView.Of(await actions.ClusterAsync(cancellationToken)), ApiJson.Default.ClusterStateView));
        await AddAsync("rules.json", async () => Json(new Page<RuleView>([.. (await actions.RulesAsync(cancellationToken)).Select(RuleView.Of)], null), ApiJson.Default.PageRuleView));
        await AddAsync("waiting.json", async () => Json(new Page<ShapeRowView>([.. (await actions.ShapeAsync(QueueShapeBy.Link, cancellationToken)).Select(ShapeRowView.Of)], null), ApiJson.Default.PageShapeRowView));
        await AddAsync("metrics.txt", async () =>
        {
            using var page = new MemoryStream();
            await meters.WriteAsync(page, cancellationToken);
            return Encoding.UTF8.GetString(page.ToArray());
        });
        return files;

        // What doesn't answer is why somebody takes a bundle.
        async Task AddAsync(string name, Func<Task<string>> read)
        {
            try
            {
                files.Add((name, await read().WaitAsync(Patience, time, cancellationToken)));
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                files.Add((name + ".missing", $"no answer: {fault.GetType().Name}\n"));
            }
        }
    }

    private string Environment()
    {
        var memory = GC.GetGCMemoryInfo();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            at: {time.GetUtcNow():O}
            system: {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}
            runtime: {RuntimeInformation.FrameworkDescription}
            processors: {System.Environment.ProcessorCount}
            memory available: {memory.TotalAvailableMemoryBytes}
            heap: {memory.HeapSizeBytes}
            working set: {System.Environment.WorkingSet}
            open files allowed: {OpenFiles.Limit()?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}
            pool threads: {ThreadPool.ThreadCount}, work waiting: {ThreadPool.PendingWorkItemCount}

            """);
        return text.ToString();
    }

    private static string Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type) + "\n";
}
