using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Storage;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>A whole node in this process: real switch, real store, real sockets, and a sink behind it.</summary>
internal sealed class LiveNode : IAsyncDisposable
{
    private readonly ConfigurationFiles files;
    private readonly WebApplication app;
    private readonly ISealableSpool spool;

    private LiveNode(ConfigurationFiles files, WebApplication app, ISealableSpool spool, SinkServer sink)
    {
        (this.files, this.app, this.spool, Sink) = (files, app, spool, sink);
        // In the order of NodeHost: mail, then metrics.
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Where(a => a.Contains("127.0.0.1", StringComparison.Ordinal)).ToArray();
        Port = new Uri(addresses[0]).Port;
        Metrics = addresses[^1];
    }

    public SinkServer Sink { get; }

    /// <summary>Of the listener <c>mta</c>.</summary>
    public int Port { get; }

    public string Metrics { get; }

    public string Folder => files.Folder;

    public IServiceProvider Services => app.Services;

    public string Link => Sink.NextHop;

    /// <param name="further">More of the configuration.</param>
    /// <param name="name">Of the node.</param>
    /// <param name="prepare">Writes files that the configuration names.</param>
    /// <param name="nextHop">Null: the sink.</param>
    /// <param name="sink">How the sink is; null: as it is.</param>
    /// <param name="listener">More of the listener, behind a comma.</param>
    public static async Task<LiveNode> StartAsync(string further = "", string name = "n1", Action<ConfigurationFiles>? prepare = null, string? nextHop = null, SinkOptions? sink = null, string listener = "")
    {
        var files = new ConfigurationFiles();
        prepare?.Invoke(files);
        var server = SinkServer.Start(sink);
        var path = files.Write("milswitch.yaml", $$"""
            node: { name: {{name}}, data: ./data, host-name: {{name}}.test }
            listeners:
              - { name: mta, endpoint: "127.0.0.1:0", role: relay, clients: [127.0.0.0/8]{{listener}} }
            routes:
              - { match: "*", next-hop: "{{nextHop ?? server.NextHop}}" }
            admin: { socket: ./s }
            metrics: { endpoint: "127.0.0.1:0" }

            """ + further);
        var result = ConfigurationReader.Read(path);
        Assert.Empty(result.Problems);
        var spool = await Stores.OpenAsync(result.Configuration!, TimeProvider.System, NullLoggerFactory.Instance, default);
        var app = NodeHost.Build(result.Configuration!, spool, TimeProvider.System);
        await app.StartAsync();
        return new LiveNode(files, app, spool, server);
    }

    /// <summary>Runs the program against this node over its socket.</summary>
    public Task<CommandRun> RunAsync(params string[] arguments) => CommandRun.OfAsync(arguments, variable: name => name == "MILSWITCH_NODE" ? "unix:" + Path.Combine(Folder, "s") : null);

    public async Task<string> ScrapeAsync()
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(Metrics + "/metrics"));
    }

    /// <summary>Hands a message in over SMTP and waits until the sink has it.</summary>
    public async Task<SinkTransaction> PassAsync(string from = "ops@alpha.test", string to = "duty@bravo.test", string subject = "x", string text = "hello")
    {
        var before = Sink.Transactions.Count;
        await SendAsync(from, to, subject, text);
        return (await Sink.WaitForAsync(before + 1, TimeSpan.FromSeconds(20)))[before];
    }

    /// <summary>The id that the switch gave it.</summary>
    public async Task<string> SendAsync(string from = "ops@alpha.test", string to = "duty@bravo.test", string subject = "x", string text = "hello")
    {
        await using var client = await SmtpDialogue.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port));
        Assert.True((await client.SayAsync($"MAIL FROM:<{from}>")).IsPositive);
        Assert.True((await client.SayAsync($"RCPT TO:<{to}>")).IsPositive);
        Assert.True((await client.SayAsync("DATA")).IsPositive);
        var answer = await client.SayAsync($"From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n\r\n{text}\r\n.");
        Assert.True(answer.IsPositive, answer.ToString());
        await client.SayAsync("QUIT");
        return answer.Lines[0].Split(' ')[^1];
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await spool.DisposeAsync();
        await Sink.DisposeAsync();
        files.Dispose();
    }
}
