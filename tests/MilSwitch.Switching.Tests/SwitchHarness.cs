using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Client;
using MilSwitch.Storage.Sqlite;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>
/// The whole core as production wires it, over a real embedded store and a real socket to a sink; only the SMTP listener
/// is left out. Every message between actors is forced through its serializer.
/// </summary>
internal sealed class SwitchHarness : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly bool ownsFolder;
    private IHost? host;
    private IMailExchangerResolver resolver = new NoResolver();

    private SwitchHarness(string folder, SinkServer sink, bool ownsFolder)
    {
        Folder = folder;
        Sink = sink;
        this.ownsFolder = ownsFolder;
    }

    public string Folder { get; }

    public SinkServer Sink { get; }

    public SqliteSpool Spool { get; private set; } = null!;

    /// <summary>What was logged at warning and above.</summary>
    public ConcurrentQueue<string> Warnings { get; } = new();

    /// <summary>What stands between the switch and the store.</summary>
    public RefusingSpool Refusing { get; private set; } = null!;

    /// <summary>Set before the node starts; null: nothing protects.</summary>
    public FakeProtection? Protection { get; private set; }

    public IRecipientCertificates? Certificates { get; private set; }

    /// <summary>Set before the node starts; null: no directory knows members of lists.</summary>
    public IListMembers? Members { get; private set; }

    /// <summary>Set before the node starts; null: no servers of MTQP are asked.</summary>
    public IOnwardTracker? Onward { get; private set; }

    /// <summary>Set before the node starts; null: nothing opens at boundaries.</summary>
    public FakeBoundary? Boundary { get; private set; }

    /// <summary>Set before the node starts; null: nothing carries receipts.</summary>
    public FakeReceipts? Receipts { get; private set; }

    public IIntake Intake => Service<IIntake>();

    public IOperatorActions Operator => Service<IOperatorActions>();

    public static OperatorIdentity Somebody { get; } = new("tester", "test") { Roles = OperatorRoles.All };

    public static async Task<SwitchHarness> StartAsync(
        Func<SwitchConfiguration, SwitchConfiguration>? change = null, SinkOptions? sink = null,
        IMailExchangerResolver? resolver = null, FakeProtection? protection = null, IRecipientCertificates? certificates = null, IListMembers? members = null,
        IOnwardTracker? onward = null)
    {
        var harness = new SwitchHarness(Directory.CreateTempSubdirectory("milswitch-").FullName, SinkServer.Start(sink), ownsFolder: true);
        harness.resolver = resolver ?? harness.resolver;
        harness.Protection = protection;
        harness.Certificates = certificates;
        harness.Members = members;
        harness.Onward = onward;
        await harness.BootAsync(change);
        return harness;
    }

    /// <param name="change">Told the port of the sink.</param>
    /// <param name="boundary">Opens messages at boundaries.</param>
    /// <param name="protection">Signs and encrypts.</param>
    /// <param name="receipts">Carries receipts.</param>
    public static async Task<SwitchHarness> StartAsync(Func<SwitchConfiguration, int, SwitchConfiguration> change, FakeBoundary boundary, FakeProtection? protection = null, FakeReceipts? receipts = null)
    {
        var harness = new SwitchHarness(Directory.CreateTempSubdirectory("milswitch-").FullName, SinkServer.Start(null), ownsFolder: true) { Protection = protection, Boundary = boundary, Receipts = receipts };
        await harness.BootAsync(c => change(c, harness.Sink.Port));
        return harness;
    }

    /// <summary>Stops the node in order and starts it again on the same store.</summary>
    public async Task RestartAsync(Func<SwitchConfiguration, SwitchConfiguration>? change = null)
    {
        await StopAsync();
        await BootAsync(change);
    }

    public async Task StopAsync()
    {
        if (host is null) return;
        await host.StopAsync();
        host.Dispose();
        await Spool.DisposeAsync();
        host = null;
    }

    public async Task<IntakeResult> SendAsync(
        string text = "Subject: test\r\n\r\nhello\r\n", string from = "a@origin.test", string[]? to = null, MtPriority? priority = null,
        Precedence highest = Precedence.Override, NotifyOptions notify = NotifyOptions.Unspecified, Func<Envelope, Envelope>? change = null, bool lower = true,
        ClientIdentity? client = null)
    {
        client ??= new ClientIdentity
        {
            Listener = "test", Role = ListenerRole.Relay, Address = "127.0.0.1", Helo = "origin.test", MayRelay = true, HighestPrecedence = highest, LowerPrecedence = lower,
        };
        var envelope = new Envelope
        {
            ReversePath = from.Length is 0 ? ReversePath.Null : new ReversePath(Mailbox.Parse(from)),
            Recipients = [.. (to ?? ["b@dest.test"]).Select(r => new Recipient(Mailbox.Parse(r)) { Notify = notify })],
            Priority = priority,
            ArrivedAt = TimeProvider.System.GetUtcNow(),
            Origin = new Origin { Listener = "test", ClientAddress = "127.0.0.1" },
        };
        await using var incoming = Intake.Begin(client, change is null ? envelope : change(envelope));
        await incoming.WriteAsync(Encoding.UTF8.GetBytes(text), default);
        return await incoming.CompleteAsync(default);
    }

    public async Task<StoredMessage> WaitForAsync(MessageId id, Func<StoredMessage, bool> condition)
    {
        StoredMessage? last = null;
        try
        {
            await Eventually.ComesTrueAsync(async () => (last = await Spool.ReadAsync(id)) is not null && condition(last), Patience, $"{id} is as it should be");
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}: {last}, {string.Join(", ", last?.Recipients.Select(r => r.State) ?? [])}", late);
        }

        return last!;
    }

    public IEnumerable<T> Services<T>() where T : notnull => host!.Services.GetServices<T>();

    public T Service<T>() where T : notnull => host!.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Sink.DisposeAsync();
        if (ownsFolder) Directory.Delete(Folder, recursive: true);
    }

    private async Task BootAsync(Func<SwitchConfiguration, SwitchConfiguration>? change)
    {
        Spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = Folder }, TimeProvider.System, NullLoggerFactory.Instance, default);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new WarningsOnly(Warnings));
        Refusing = new RefusingSpool(Spool);
        builder.Services.AddSingleton<ISpool>(Refusing);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(resolver);
        if (Protection is not null)
        {
            builder.Services.AddSingleton<IMessageProtection>(Protection);
            builder.Services.AddSingleton<ITokenMonitor>(Protection);
        }

        if (Onward is not null) builder.Services.AddSingleton(Onward);
        if (Members is not null) builder.Services.AddSingleton(Members);
        if (Certificates is not null) builder.Services.AddSingleton(Certificates);
        if (Boundary is not null) builder.Services.AddSingleton<IBoundaryProtection>(Boundary);
        if (Receipts is not null) builder.Services.AddSingleton<IReceiptRelay>(Receipts);
        builder.Services.AddSingleton(new SwitchingServices.FurtherSettings(PassingSerializer.Settings));
        var configuration = Configuration(Sink.Port);
        builder.Services.AddSwitching(change is null ? configuration : change(configuration));
        host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<ISwitchControl>().WhenReady.WaitAsync(Patience);
    }

    public static SwitchConfiguration Configuration(int port, int connections = 4) => new()
    {
        Node = "n1",
        HostName = "switch.test",
        Routes = new RouteTable(
        [
            new Route { Match = "*", Link = Link("hop", port, connections) },
            new Route { Match = "refused.test", Refuse = "not here" },
        ]),
        Precedences = Quick,
    };

    public static LinkSettings Link(string name, int port, int connections = 4) => new()
    {
        Name = new LinkName(name), Targets = [new HopTarget("127.0.0.1", port)], HeloName = "switch.test", Connections = connections, Tls = LinkTls.None,
        CommandTimeout = TimeSpan.FromSeconds(10), FinalDotTimeout = TimeSpan.FromSeconds(10),
    };

    /// <summary>Retries after a fifth of a second, so that tests need not wait for the real table.</summary>
    public static PrecedenceTable Quick { get; } = PrecedenceTable.Default with
    {
        Levels = [.. PrecedenceTable.Default.Levels.Select(l => l with { Retry = [TimeSpan.FromMilliseconds(200)] })],
    };

    /// <summary>A table in which everything expires after the given time.</summary>
    public static PrecedenceTable Expiring(TimeSpan warning, TimeSpan expiry) => Quick with
    {
        Levels = [.. Quick.Levels.Select(l => l with { Warning = warning, Expiry = expiry })],
    };

    private sealed class WarningsOnly(ConcurrentQueue<string> warnings) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) warnings.Enqueue(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }

    private sealed class NoResolver : IMailExchangerResolver
    {
        public ValueTask<MailExchangers> ResolveAsync(string domain, int port, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new MailExchangers([], new Domain.Delivery.Reply(550, new Domain.Delivery.EnhancedStatusCode(5, 1, 2), "no such domain"), false));
    }
}
