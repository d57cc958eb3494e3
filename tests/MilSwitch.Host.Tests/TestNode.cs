using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Watching;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Switching;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Host.Tests;

/// <summary>The real host around a fake switch: API on loopback and a Unix socket, metrics on loopback, no SMTP.</summary>
public sealed class TestNode : IAsyncDisposable
{
    public const string OperatorToken = "CANARY-operator-0123456789";
    public const string ViewerToken = "CANARY-viewer-0123456789ab";

    private readonly ConfigurationFiles files;
    private readonly WebApplication app;

    private TestNode(ConfigurationFiles files, WebApplication app, FakeOperatorActions actions, FakeControl control, ListLog log)
    {
        (this.files, this.app, Actions, Control, Log) = (files, app, actions, control, log);
        // In the order of NodeHost: mail, socket, admin, metrics.
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Where(a => a.Contains("://127", StringComparison.Ordinal) && a.StartsWith("http", StringComparison.Ordinal)).ToArray();
        (Admin, Metrics) = (addresses[^2], addresses[^1]);
    }

    public FakeOperatorActions Actions { get; }

    public FakeControl Control { get; }

    public FakeAlarmDesk Alarms => (FakeAlarmDesk)app.Services.GetRequiredService<IAlarmDesk>();

    public ListLog Log { get; }

    public required EventHub Events { get; init; }

    public required RequestLog Requests { get; init; }

    public string Admin { get; }

    public string Metrics { get; }

    public string Socket => Path.Combine(files.Folder, "s");

    public ConfigurationFiles Files => files;

    public IServiceProvider Services => app.Services;

    public static async Task<TestNode> StartAsync(TimeProvider? time = null, ISpool? spool = null, Func<ConfigurationFiles, string>? further = null, IRequestStore? requestStore = null, Func<string, string>? change = null)
    {
        var files = new ConfigurationFiles();
        files.Write("operator.token", OperatorToken + "\n", secret: true);
        files.Write("viewer.token", ViewerToken + "\n", secret: true);
        files.Write("wrong.token", "CANARY-wrong-0123456789ab\n", secret: true);
        var text = Text(further?.Invoke(files) ?? "");
        var configuration = files.Good(change?.Invoke(text) ?? text);
        var actions = new FakeOperatorActions();
        var control = new FakeControl(configuration.Switch, actions);
        var events = new EventHub(run: 7, time ?? TimeProvider.System);
        var requests = new RequestLog();
        var log = new ListLog();
        var app = NodeHost.Build(configuration, time ?? TimeProvider.System, services =>
        {
            services.AddSingleton<IOperatorActions>(provider => new GuardedActions(actions, provider.GetRequiredService<ProposalDesk>(), provider.GetRequiredService<IContentClearance>()));
            services.AddSingleton<IAuditDesk>(new FakeAuditDesk());
            services.AddSingleton<ISwitchControl>(control);
            services.AddSingleton<IAlarmDesk>(new FakeAlarmDesk(actions));
            services.AddSingleton<IIntake, FakeIntake>();
            services.AddSingleton<IWatchFeed>(new FakeWatchFeed(actions));
            services.AddSingleton<ILabelMarks, FakeLabelMarks>();
            services.AddSingleton<IMessageInspector, FakeMessageInspector>();
            services.AddSingleton<IWatchLog, FakeWatchLog>();
            services.AddSingleton<ISwitchEvents>(events);
            services.AddSingleton<IStartupFilter>(requests);
            services.AddSingleton<ILoggerProvider>(log);
            if (spool is not null) services.AddSingleton(spool);
            if (requestStore is not null) services.AddSingleton(requestStore);
        });
        await app.StartAsync();
        return new TestNode(files, app, actions, control, log) { Events = events, Requests = requests };
    }

    public static string Text(string further = "") => ConfigurationFiles.Minimum
        .Replace("role: relay }", "role: relay }\n  - { name: msa, endpoint: \"127.0.0.1:0\", role: submission }", StringComparison.Ordinal).Replace(":2525", ":0", StringComparison.Ordinal) + """

        admin:
          endpoint: 127.0.0.1:0
          socket: s
          submission: msa
          tokens:
            - { name: ops, token: { file: operator.token } }
            - { name: watch, role: viewer, token: { file: viewer.token } }
        metrics: { endpoint: 127.0.0.1:0 }
        logging: { level: debug }

        """ + further;

    /// <summary>Runs the program against this node over its socket, unless the arguments name it otherwise.</summary>
    public Task<CommandRun> RunAsync(params string[] arguments) => RunAsync("", false, arguments);

    public Task<CommandRun> RunAsync(string input, bool terminal, params string[] arguments) =>
        CommandRun.OfAsync(arguments, input, terminal, name => name == "MILSWITCH_NODE" ? "unix:" + Socket : null);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token, string? body = null, string? origin = null)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, (origin ?? Admin) + path);
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await client.SendAsync(request);
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        files.Dispose();
    }
}

/// <summary>Remembers which operations were asked for.</summary>
public sealed class RequestLog : IStartupFilter
{
    /// <summary>Names of operations, in the order of their answers.</summary>
    public ConcurrentQueue<string> Operations { get; } = new();

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, inner) =>
        {
            await inner(context);
            if (context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>() is { } named) Operations.Enqueue(named.EndpointName);
        });
        next(app);
    };
}

/// <summary>One node that has nothing to do.</summary>
public sealed class FakeWatchFeed(IOperatorActions actions) : IWatchFeed
{
    public async ValueTask<WatchSnapshot> LookAsync(CancellationToken cancellationToken) => new(
        FakeOperatorActions.Start, "n1", [new NodeSnapshot("n1", Answers: true)], [], [.. await actions.LinksOfAllAsync(cancellationToken)], await actions.ClusterAsync(cancellationToken), PrecedenceTable.Default);
}

/// <summary>Every message is one part of text.</summary>
public sealed class FakeMessageInspector : IMessageInspector
{
    private static readonly InspectedMessage Plain = new("unsigned", [], [], [new InspectedPart("1", "text/plain", 10, null)]);

    /// <summary>Of the first message.</summary>
    public InspectedMessage Structure { get; set; } = Plain;

    public ValueTask<InspectedMessage?> StructureAsync(MessageId id, CancellationToken cancellationToken) => ValueTask.FromResult(id == FakeOperatorActions.First ? Structure : null);

    public ValueTask<InspectedMessage?> ContentAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ViewContent);
        return ValueTask.FromResult(id == FakeOperatorActions.First ? Plain with { Fields = [new InspectedField("Subject", "s")], Text = "came" } : null);
    }
}

/// <summary>Keeps its notes in memory.</summary>
public sealed class FakeWatchLog : IWatchLog
{
    private readonly List<WatchNote> notes = [];

    public ValueTask<IReadOnlyList<WatchNote>> ListAsync(string? after, int limit, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<WatchNote>>([.. notes.AsEnumerable().Reverse().Take(limit)]);

    public ValueTask<WatchNote> WriteAsync(WatchNoteKind kind, string text, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Act);
        var note = new WatchNote("1", FakeOperatorActions.Start, who.Name, "n1", kind, text);
        notes.Add(note);
        return ValueTask.FromResult(note);
    }
}

/// <summary>Knows no policy.</summary>
public sealed class FakeLabelMarks : ILabelMarks
{
    public LabelMark Mark(MessageLabel label) => new("label", 1, null, IsKnown: false);
}

/// <summary>Takes no mail but what is handed in directly, and loses that.</summary>
public sealed class FakeIntake : IIntake, IIncomingMessage
{
    public ValueTask<MailDecision> MailAsync(ClientIdentity client, MailRequest mail, CancellationToken cancellationToken) => ValueTask.FromResult(new MailDecision(client.IsDirect ? null : Refusal.Shutdown, null));

    public ValueTask<Refusal?> RecipientAsync(ClientIdentity client, MailRequest mail, Recipient recipient, CancellationToken cancellationToken) => ValueTask.FromResult<Refusal?>(null);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public void Hold(string because)
    {
    }

    public ValueTask<IntakeResult> CompleteAsync(CancellationToken cancellationToken) => ValueTask.FromResult(IntakeResult.Accepted(FakeOperatorActions.First));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public IIncomingMessage Begin(ClientIdentity client, Envelope envelope, StoredDocument? beside = null) => this;

    public ValueTask<QueueStart> StartQueueAsync(ClientIdentity client, string domain, bool subdomains, CancellationToken cancellationToken) => ValueTask.FromResult(QueueStart.Unable);
}

public sealed class FakeControl(SwitchConfiguration configuration, FakeOperatorActions actions) : ISwitchControl
{
    public bool IsReady { get; set; } = true;

    public Task WhenReady => Task.CompletedTask;

    public void FollowWith(Func<CancellationToken, Task<bool>> follow)
    {
    }

    public void AlarmWith(Func<IEnumerable<Alarm>> further) => actions.Further = Both(actions.Further, further);

    private static Func<IEnumerable<Alarm>> Both(Func<IEnumerable<Alarm>> one, Func<IEnumerable<Alarm>> other) => () => one().Concat(other());

    public SwitchConfiguration Current { get; private set; } = configuration;

    public void Apply(SwitchConfiguration next) => Current = next;

    public List<(AuditKind Kind, string Detail, string? Who)> Recorded { get; } = [];

    public Task<bool> RecordAsync(AuditKind kind, string detail, string? who)
    {
        Recorded.Add((kind, detail, who));
        return Task.FromResult(true);
    }
}

/// <summary>Keeps everything that was logged.</summary>
public sealed class ListLog : ILoggerProvider, ILogger
{
    private readonly List<string> lines = [];

    public string All
    {
        get
        {
            lock (lines) return string.Join('\n', lines);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines) lines.Add(formatter(state, exception) + exception);
    }
}

/// <summary>One run of the program, from the outside.</summary>
public sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public static async Task<CommandRun> OfAsync(string[] arguments, string input = "", bool terminal = false, Func<string, string?>? variable = null)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var binary = new MemoryStream();
        var exitCode = await CommandLine.RunAsync(arguments, new CommandEnvironment
        {
            Input = new StringReader(input), Output = output, Error = error, OpenOutput = () => binary, IsInputTerminal = terminal, Variable = variable ?? (_ => null),
        });
        return new CommandRun(exitCode, output + Encoding.ASCII.GetString(binary.ToArray()), error.ToString());
    }
}
