using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Domain.Operations;
using MilSwitch.Smtp.Server;
using MilSwitch.Switching;

namespace MilSwitch.Host.Running;

/// <summary>
/// The configuration that counts now. A candidate is read and judged whole, then swapped whole; a bad one changes nothing
/// and raises an alarm that stands until a good one comes. Thread-safe.
/// </summary>
public sealed partial class ConfigurationHolder(NodeConfiguration initial, TimeProvider time, ILogger<ConfigurationHolder> logger) : IAccountStore
{
    private const string AlarmId = "configuration";

    private readonly Lock gate = new();
    // Different from those of other starts, so that what somebody saw of an earlier one is never taken for this.
    private readonly string start = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private volatile NodeConfiguration current = initial;
    private volatile ConfigurationState state = new(0, time.GetUtcNow());
    private volatile Alarm? alarm;
    private ISwitchControl? control;
    private ISwitchEvents? events;
    private Action<NodeConfiguration>? applyKeys;

    // Of a cluster: where what all nodes share is, and what of it is in force here.
    private ISpool? store;
    private string? sharedText;

    // Why this node can't follow, as it was told last. It tries each second, and tells of a cause once.
    private string? told;

    public NodeConfiguration Current => current;

    /// <summary>What all nodes share, of which the one in force was made; null: this node's file says everything.</summary>
    internal SharedSettings? Shared { get; private set; }

    /// <summary>Told of each configuration that came into force: who wanted it, null for a signal, and why. Never throws.</summary>
    internal Func<string?, string?, Task> KeepVersion { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Since when the current one is in force.</summary>
    public DateTimeOffset Since => state.Since;

    /// <summary>Another one for each configuration that comes into force.</summary>
    public string Tag => string.Create(CultureInfo.InvariantCulture, $"{start}-{state.Number}");

    /// <summary>Standing alarms about the configuration, and of what this program does beside the switch.</summary>
    public IReadOnlyList<Alarm> Alarms => [.. alarm is { } one ? new[] { one } : [], .. FurtherAlarms()];

    /// <summary>Asked for alarms of what runs beside the switch; may be asked by many at a time.</summary>
    public Func<IEnumerable<Alarm>> FurtherAlarms { get; set; } = () => [];

    /// <summary>The settings in force of the listener with this name; a session asks when it starts.</summary>
    public SmtpListenerSettings Listener(string name)
    {
        foreach (var listener in current.Listeners)
        {
            if (listener.Name == name) return listener;
        }

        throw new ArgumentException("There is no such listener.", nameof(name));
    }

    public Account? Find(string name) => current.Accounts.Find(name);

    public Account? FindByCertificate(X509Certificate2 certificate) => current.Accounts.FindByCertificate(certificate);

    /// <summary>From now on a reload reaches the switch too, and those who watch.</summary>
    /// <param name="switchControl">The switch.</param>
    /// <param name="switchEvents">Those who watch.</param>
    /// <param name="useKeys">Told before the switch: what it will be told names keys that have to be there.</param>
    public void Attach(ISwitchControl switchControl, ISwitchEvents switchEvents, Action<NodeConfiguration> useKeys) =>
        (control, events, applyKeys) = (switchControl, switchEvents, useKeys);

    /// <summary>From now on what all nodes share comes from their store, and an order to apply the file goes into it.</summary>
    /// <param name="spool">The store of the cluster.</param>
    /// <param name="shared">By which the node was started; null: its own file was the first.</param>
    public void Share(ISpool spool, SharedSettings? shared) => (store, sharedText, Shared) = (spool, shared?.Text, shared);

    /// <summary>
    /// Takes over what another node put into the store; the first of all nodes puts its own there. False: it can't, and may
    /// deliver nothing until it can; the alarm says why.
    /// </summary>
    public async Task<bool> FollowAsync(CancellationToken cancellationToken)
    {
        if (store is null) return true;
        SharedSettings? shared;
        try
        {
            shared = await SharedAsync(cancellationToken);
        }
        catch (JsonException fault)
        {
            if (IsNews(fault.Message)) NotUnderstood(fault);
            return false;
        }

        if (shared is null)
        {
            await PutAsync(await File.ReadAllTextAsync(current.File, cancellationToken), null, null, cancellationToken);
            return true;
        }

        if (shared.Text == sharedText) return true;
        if (Reload(_ => true, shared.By, shared, isFollowing: true) is not { IsEmpty: true }) return false;
        await KeepVersion(shared.By, shared.Reason);
        return true;
    }

    private bool IsNews(string cause)
    {
        lock (gate)
        {
            if (cause == told) return false;
            told = cause;
            return true;
        }
    }

    private Task<SharedSettings?> SharedAsync(CancellationToken cancellationToken) => SharedSettings.ReadAsync(store!, cancellationToken);

    private async Task PutAsync(string text, string? who, string? reason, CancellationToken cancellationToken)
    {
        var shared = new SharedSettings(text, current.File, current.Switch.Node, who, time.GetUtcNow()) { Reason = reason };
        await store!.PutDocumentAsync(SharedSettings.Kind, SharedSettings.Id, JsonSerializer.Serialize(shared, SharedSettingsJson.Default.SharedSettings), cancellationToken);
    }

    // An order to one node is an order to all: it judges the file, and the store tells the others.
    private async Task<ImmutableArray<ConfigurationProblem>?> ReloadAsync(Func<string, bool> expected, string? who, string? reason, CancellationToken cancellationToken)
    {
        if (store is null) return Reload(expected, who);
        if (who is null) return Reload(expected, who, await SharedAsync(cancellationToken));
        if (!expected(Tag)) return null;
        var text = await File.ReadAllTextAsync(current.File, cancellationToken);
        var (problems, candidate) = ConfigurationReader.Read(current.File);
        if (candidate is null || !NeedsRestart(current, candidate).IsEmpty) return Reload(expected, who);
        await PutAsync(text, who, reason, cancellationToken);
        return Reload(_ => true, who, await SharedAsync(cancellationToken));
    }

    /// <summary>Reads the file again, for a signal. The result is empty when the candidate is in force now.</summary>
    public async Task<ImmutableArray<ConfigurationProblem>> ReloadAsync()
    {
        try
        {
            return (await ReloadAsync(_ => true, null, reason: null))!.Value;
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or JsonException or IOException)
        {
            // Nobody waits for a signal's outcome: it is told here or nowhere.
            NotReloaded(fault);
            return [new ConfigurationProblem(current.File, 0, "-", "what the cluster shares could not be read from its store; nothing was changed")];
        }
    }

    /// <summary>Reads the file again and puts the outcome into the audit trail.</summary>
    /// <param name="expected">Asked about the <see cref="Tag"/> in force.</param>
    /// <param name="who">The person who asked for it; null: a signal.</param>
    /// <param name="reason">Why the person wants it; null: a signal, which has none.</param>
    /// <returns>Null: not the expected one, nothing was done. Empty: the candidate is in force now.</returns>
    public async Task<ImmutableArray<ConfigurationProblem>?> ReloadAsync(Func<string, bool> expected, string? who, string? reason)
    {
        if (await ReloadAsync(expected, who, reason, CancellationToken.None) is not { } problems) return null;
        if (problems.IsEmpty) await KeepVersion(who, reason);
        if (control is null) return problems;
        var because = reason is null ? "" : ": " + reason;
        var (kind, detail) = problems.IsEmpty
            ? (AuditKind.ConfigurationApplied, current.File + because)
            : (AuditKind.ConfigurationRejected, $"{problems[0]}{More(problems)}{because}");
        try
        {
            if (!await control.RecordAsync(kind, detail, who)) NotRecorded(kind, null);
        }
        catch (ObjectDisposedException fault)
        {
            // The node is going down.
            NotRecorded(kind, fault);
        }

        return problems;
    }

    private ImmutableArray<ConfigurationProblem>? Reload(Func<string, bool> expected, string? who, SharedSettings? shared = null, bool isFollowing = false)
    {
        lock (gate)
        {
            if (!expected(Tag)) return null;
            var (problems, candidate) = ConfigurationReader.Read(current.File, shared);
            if (candidate is not null) problems = NeedsRestart(current, candidate);
            if (candidate is null || !problems.IsEmpty)
            {
                // Whoever asks is answered each time.
                if (!IsNews($"{shared?.Text} {string.Join('\n', problems)}") && isFollowing) return problems;
                foreach (var problem in problems) ProblemFound(problem.File, problem.Line, problem.Key, problem.Text);
                Refused(problems.Length);
                var now = time.GetUtcNow();
                var text = string.Create(CultureInfo.InvariantCulture, $"configuration refused at {now:yyyy-MM-ddTHH:mm:ssZ}: {problems[0]}{More(problems)}");
                var stood = alarm;
                alarm = new Alarm(AlarmId, text, stood?.Since ?? now);
                Tell("configuration.refused", current.File, text, who);
                if (stood is null) Tell("alarm.raised", AlarmId, text, null);
                return problems;
            }

            // The switch and its keys first: should they throw, nothing else has changed.
            applyKeys?.Invoke(candidate);
            control?.Apply(candidate.Switch);
            current = candidate;
            if (shared is not null) (sharedText, Shared) = (shared.Text, shared);
            told = null;
            state = new ConfigurationState(state.Number + 1, time.GetUtcNow());
            var cleared = alarm;
            alarm = null;
            Applied(candidate.File);
            Tell("configuration.applied", candidate.File, "", who);
            if (cleared is not null) Tell("alarm.cleared", AlarmId, cleared.Text, null);
            return [];
        }

        void Tell(string type, string subject, string detail, string? actor) =>
            events?.Publish(new SwitchEvent(time.GetUtcNow(), type) { Subject = subject, Detail = detail, Actor = actor });
    }

    private static string More(ImmutableArray<ConfigurationProblem> problems) =>
        problems.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $" and {problems.Length - 1} more") : "";

    private static ImmutableArray<ConfigurationProblem> NeedsRestart(NodeConfiguration now, NodeConfiguration next)
    {
        var problems = ImmutableArray.CreateBuilder<ConfigurationProblem>();
        Check("node.name", now.Switch.Node == next.Switch.Node);
        Check("cluster", now.Switch.Cluster == next.Switch.Cluster || (now.Switch.Cluster is { } a && next.Switch.Cluster is { } b && a with { Seeds = b.Seeds, Roles = b.Roles } == b && a.Seeds.SequenceEqual(b.Seeds)));
        Check("node.roles", now.Switch.Cluster?.Roles == next.Switch.Cluster?.Roles);
        Check("cluster.tls", now.ClusterTls?.PeerName == next.ClusterTls?.PeerName && now.ClusterTls?.Grace == next.ClusterTls?.Grace);
        Check("node.data", now.DataFolder == next.DataFolder);
        Check("store.connection", Equals(now.Database, next.Database));
        Check("listeners", now.Listeners.Select(l => (l.Name, l.Endpoint)).SequenceEqual(next.Listeners.Select(l => (l.Name, l.Endpoint))));
        Check("acp127.lines", now.Acp127.Lines.Select(Fixed).SequenceEqual(next.Acp127.Lines.Select(Fixed)));
        Check("admin.endpoint", Equals(now.Admin.Endpoint, next.Admin.Endpoint) && now.Admin.Certificate is null == next.Admin.Certificate is null);
        Check("admin.socket", now.Admin.Socket == next.Admin.Socket && now.Admin.SocketForGroup == next.Admin.SocketForGroup);
        Check("metrics.endpoint", Equals(now.Metrics, next.Metrics));
        Check("tokens", now.Keys.HasTokensOf(next.Keys));
        Check("keys[].on", now.Keys.Elsewhere.IsEmpty == next.Keys.Elsewhere.IsEmpty);
        Check("boundaries[].proxy-certificates", now.Proxies.Select(p => p.Fixed).SequenceEqual(next.Proxies.Select(p => p.Fixed), StringComparer.Ordinal));
        Check("tracking.endpoint", Equals(now.Tracking?.Endpoint, next.Tracking?.Endpoint));
        Check("dns.servers", now.DnsServers.SequenceEqual(next.DnsServers));
        Check("dns.trust-ad", now.DnsTrustsAuthenticData == next.DnsTrustsAuthenticData);
        Check("telemetry.traces", now.Traces == next.Traces);
        Check("logging", now.LogLevel == next.LogLevel && now.LogFormat == next.LogFormat);
        return problems.ToImmutable();

        void Check(string key, bool same)
        {
            var what = key switch
            {
                "listeners" => "names and endpoints can't change",
                "acp127.lines" => "names, stations, endpoints and folders can't change",
                "keys[].on" => "a first or last key of other nodes can't come or go",
                "boundaries[].proxy-certificates" => "logs, checkpoint keys and listeners can't change",
                _ => "can't change",
            };
            if (!same) problems.Add(new ConfigurationProblem(next.File, 0, key, $"{what} while the node runs; restart it"));
        }
    }

    private static (string, string, System.Net.IPEndPoint?, string?, bool) Fixed(Acp127Line line) => (line.Name, line.Station, line.Inbound?.Endpoint, line.Inbound?.Folder, line.Outbound is null);

    private sealed record ConfigurationState(int Number, DateTimeOffset Since);

    [LoggerMessage(5001, LogLevel.Information, "Configuration {File} is in force")]
    private partial void Applied(string file);

    [LoggerMessage(5002, LogLevel.Error, "The configuration was refused with {Problems} problems; nothing was changed")]
    private partial void Refused(int problems);

    [LoggerMessage(5003, LogLevel.Error, "{File}:{Line}: {Key}: {Text}")]
    private partial void ProblemFound(string file, int line, string key, string text);

    [LoggerMessage(5006, LogLevel.Error, "The configuration was not read again; nothing was changed")]
    private partial void NotReloaded(Exception fault);

    [LoggerMessage(5005, LogLevel.Error, "The settings that the cluster shares were written by another version and are not understood here; this node delivers nothing that depends on them")]
    private partial void NotUnderstood(Exception fault);

    [LoggerMessage(5004, LogLevel.Error, "The audit trail could not take {Kind}")]
    private partial void NotRecorded(AuditKind kind, Exception? fault);
}
