using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Smtp.Client;
using MilSwitch.Storage.Sqlite;
using MilSwitch.Switching.Alarms;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Switching.Tests.Alarms;

/// <summary>What looks for alarms and keeps them, over a real store and a clock that the test owns; no actors.</summary>
internal sealed class AlarmBench : IAsyncDisposable, ITokenMonitor
{
    private readonly string folder = Directory.CreateTempSubdirectory("milswitch-").FullName;
    private SqliteSpool spool = null!;

    public static DateTimeOffset Start { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public FakeTimeProvider Time { get; } = new(Start);

    public RefusingSpool Spool { get; private set; } = null!;

    public SwitchRuntime Runtime { get; private set; } = null!;

    public NodeWatch Watch { get; private set; } = null!;

    public AlarmKeeper Keeper { get; private set; } = null!;

    public FakeNotifiers Notifiers { get; } = new();

    public List<Alarm> Further { get; } = [];

    public IReadOnlyList<TokenStatus> Tokens { get; set; } = [];

    public static async Task<AlarmBench> StartAsync(Func<SwitchConfiguration, SwitchConfiguration>? change = null)
    {
        var bench = new AlarmBench();
        bench.spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = bench.folder }, TimeProvider.System, NullLoggerFactory.Instance, default);
        bench.Spool = new RefusingSpool(bench.spool);
        bench.Boot(change);
        return bench;
    }

    /// <summary>As after a restart: what was in memory is gone.</summary>
    public void Boot(Func<SwitchConfiguration, SwitchConfiguration>? change = null)
    {
        var configuration = SwitchHarness.Configuration(25);
        Runtime = new SwitchRuntime(change?.Invoke(configuration) ?? configuration, Spool, Time, new NobodyThere(), new TcpSmtpTransport(), NullLoggerFactory.Instance)
        {
            NodeCredentials = new NodeCredentials(NodeCertificate.ForOne(Time)), Tokens = this,
        };
        Runtime.AlarmWith(() => Further);
        Watch = new NodeWatch(Runtime, new AlarmWatch(Runtime));
        Keeper = new AlarmKeeper(Runtime, Watch, NullLogger<AlarmKeeper>.Instance, Notifiers);
    }

    /// <summary>Time goes on, and the keeper looks.</summary>
    public async Task<IReadOnlyDictionary<string, AlarmRecord>> LookAsync(TimeSpan later = default)
    {
        Time.Advance(later);
        await Keeper.LookAsync(default);
        return (await Keeper.OwnAsync(default)).ToDictionary(k => k.Record.Id, k => k.Record);
    }

    /// <summary>Ids of the conditions that stand.</summary>
    public IReadOnlyList<string> Standing(TimeSpan later = default)
    {
        Time.Advance(later);
        return [.. Watch.Alarms.Select(a => a.Id)];
    }

    public async ValueTask DisposeAsync()
    {
        await spool.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private sealed class NobodyThere : IMailExchangerResolver
    {
        public ValueTask<MailExchangers> ResolveAsync(string domain, int port, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new MailExchangers([], new Reply(550, new EnhancedStatusCode(5, 1, 2), "no such domain"), false));
    }
}

/// <summary>Remembers what it was told.</summary>
internal sealed class FakeNotifiers : IAlarmNotifiers
{
    public IReadOnlyList<string> Names { get; set; } = ["pager"];

    public List<AlarmNotification> Told { get; } = [];

    /// <summary>Why it can't; null: it can.</summary>
    public string? Fault { get; set; }

    public bool Admits { get; set; } = true;

    public ValueTask<string?> NotifyAsync(string notifier, AlarmNotification notification, CancellationToken cancellationToken)
    {
        if (Fault is null) Told.Add(notification);
        return ValueTask.FromResult(Fault);
    }

    public bool Admit(string notifier, DateTimeOffset now) => Admits;
}
