using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using MilSwitch.Storage.Sqlite;
using MilSwitch.Switching;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>A whole node in this process, with its store, its admin socket, a submission listener with rules, and a next hop that shares no code with it.</summary>
internal sealed class PostStage : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly WebApplication app;

    private PostStage(ConfigurationFiles files, WebApplication app, SqliteSpool spool, SinkServer sink)
    {
        (Files, this.app, Spool, Sink) = (files, app, spool, sink);
    }

    public ConfigurationFiles Files { get; }

    public SqliteSpool Spool { get; }

    public SinkServer Sink { get; }

    public IOperatorActions Operator => Service<IOperatorActions>();

    public T Service<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <param name="further">More of the configuration, told the folder of the test.</param>
    /// <param name="listener">More of the submission listener.</param>
    /// <param name="routes">In place of one route for all; told the port of the next hop.</param>
    /// <param name="admin">More of the admin section.</param>
    public static async Task<PostStage> StartAsync(Func<ConfigurationFiles, string>? further = null, string listener = "mmhs: { check: fields }", Func<int, string>? routes = null, string admin = "")
    {
        var files = new ConfigurationFiles();
        var sink = SinkServer.Start(new SinkOptions());
        File.Copy(Path.Combine(ConfigurationFiles.Repository, "config/policies/alfa.xml"), Path.Combine(files.Folder, "alfa.xml"));
        var configuration = files.Good($$"""
            node: { name: n1, data: ./data, host-name: switch.example }
            policies: [alfa.xml]
            labels: { policy: ALFA }
            listeners:
              - { name: mta, endpoint: "127.0.0.1:0", role: relay }
              - { name: msa, endpoint: "127.0.0.1:0", role: submission, {{listener}} }
            routes:
            {{routes?.Invoke(sink.Port) ?? $$"""
              - { match: "*", next-hop: "127.0.0.1:{{sink.Port}}", tls: { mode: none } }
              - { match: nowhere.example, refuse: nobody there }
            """}}
            admin: { socket: s, submission: msa{{admin}} }
            {{further?.Invoke(files)}}
            """);
        var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = configuration.DataFolder }, TimeProvider.System, NullLoggerFactory.Instance, default);
        var app = NodeHost.Build(configuration, spool, TimeProvider.System);
        await app.StartAsync();
        await app.Services.GetRequiredService<ISwitchControl>().WhenReady.WaitAsync(Patience);
        return new PostStage(files, app, spool, sink);
    }

    public Task<CommandRun> RunAsync(string input, params string[] arguments) =>
        CommandRun.OfAsync(arguments, input, variable: name => name == "MILSWITCH_NODE" ? "unix:" + Path.Combine(Files.Folder, "s") : null);

    public async Task<StoredMessage> WaitForAsync(MessageId id, Func<StoredMessage, bool> condition)
    {
        StoredMessage? last = null;
        await Eventually.ComesTrueAsync(async () => (last = await Spool.ReadAsync(id)) is not null && condition(last), Patience, $"{id}: {last}");
        return last!;
    }

    public async Task<IReadOnlyList<StoredMessage>> MessagesAsync() => await Spool.QueryAsync(new MessageQuery { Limit = 100 });

    public static string Text(SinkTransaction transaction) => Encoding.UTF8.GetString(transaction.Content.Span);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await Spool.DisposeAsync();
        await Sink.DisposeAsync();
        Files.Dispose();
    }
}
