using System.Text;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>What every test here needs: a folder, switches and sinks that end with it.</summary>
public abstract class FieldTest : IAsyncLifetime
{
    /// <summary>Retries each second, so that a test need not wait as long as an operator does.</summary>
    protected const string QuickRetries =
        """
        precedence:
          deferred: { retry: [1s] }
          routine: { retry: [1s] }
          priority: { retry: [1s] }
          flash: { retry: [1s] }

        """;

    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly List<IAsyncDisposable> running = [];

    protected Workspace Workspace { get; } = new("test");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        for (var i = running.Count - 1; i >= 0; i--) await running[i].DisposeAsync();
        Workspace.Dispose();
    }

    protected T Keep<T>(T disposable)
        where T : IAsyncDisposable
    {
        running.Add(disposable);
        return disposable;
    }

    protected SinkServer StartSink(SinkOptions? options = null) => Keep(SinkServer.Start(options));

    /// <summary>A switch that relays everything to one next hop.</summary>
    protected Task<SwitchProcess> StartSwitchAsync(string nextHop, int connections = 20, string extra = QuickRetries) =>
        StartSwitchAsync([new RouteSetup("*", nextHop, connections)], extra);

    protected Task<SwitchProcess> StartSwitchAsync(
        IReadOnlyList<RouteSetup> routes, string extra = QuickRetries, string? data = null, FaultyDevice? device = null)
    {
        var setup = new SwitchSetup { DataFolder = data ?? Workspace["data"], Routes = routes, Extra = extra };
        return StartSwitchAsync(device is null ? setup : setup with { Environment = device.Environment });
    }

    protected async Task<SwitchProcess> StartSwitchAsync(SwitchSetup setup) => Keep(await SwitchProcess.StartAsync(Workspace.Folder, setup));

    /// <summary>A small message; the text must not need dot stuffing.</summary>
    protected static byte[] Message(string subject, string body = "Text.", string from = "a@client.test", string to = "b@sink.test") =>
        Encoding.UTF8.GetBytes(
            $"From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nMessage-ID: <{Guid.NewGuid():N}@client.test>\r\n"
            + $"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n{body}\r\n");

    /// <summary>Hands a message in and insists on 250.</summary>
    protected static async Task SubmitAsync(
        SwitchProcess milswitch, byte[] content, string parameters = "", string from = "a@client.test", params string[] to)
    {
        await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port);
        var reply = await client.MailAsync(from, to.Length is 0 ? ["b@sink.test"] : to, content, parameters);
        Assert.True(reply.Code is 250, reply.ToString());
    }

    protected static string Text(SinkTransaction transaction) => Encoding.UTF8.GetString(transaction.Content.Span);
}
