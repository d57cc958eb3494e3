using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Acp127;

/// <summary>The lines of this node: their ports, their folders, what they count. Names and places are those of the start; the rest is asked for anew.</summary>
internal sealed class Acp127Lines : IHostedService, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<string, Acp127Counting> counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Acp127Port> ports = new(StringComparer.Ordinal);
    private readonly List<Acp127Folder> folders = [];
    private Task[] running = [];

    public Acp127Lines(NodeConfiguration initial, ConfigurationHolder holder, IIntake intake, TimeProvider time, ILogger<Acp127Lines> logger)
    {
        if (initial.Acp127.Lines.IsEmpty) return;
        var folder = FolderOf(initial);
        Directory.CreateDirectory(folder);
        var gate = new Acp127Intake(intake, () => holder.Current, time);
        foreach (var line in initial.Acp127.Lines)
        {
            if (line.Inbound is not { } inbound) continue;
            var counting = counts[line.Name] = new Acp127Counting(line.Name, folder, time);
            if (inbound.Folder is not null) folders.Add(new Acp127Folder(line.Name, () => holder.Current, gate, counting, time, logger));
            else ports[line.Name] = new Acp127Port(line.Name, () => holder.Current, gate, counting, time, logger);
        }
    }

    /// <summary>Where lines keep their numbers.</summary>
    public static string FolderOf(NodeConfiguration configuration) => Path.Combine(configuration.DataFolder, "acp127");

    /// <summary>Standing alarms of all lines.</summary>
    public IEnumerable<Alarm> Alarms => [.. counts.Values.SelectMany(c => c.Alarms), .. folders.Select(f => f.Alarm).OfType<Alarm>()];

    /// <summary>Listens on the ports of lines.</summary>
    public static void Listen(KestrelServerOptions kestrel, NodeConfiguration configuration)
    {
        foreach (var line in configuration.Acp127.Lines)
        {
            if (line.Inbound?.Endpoint is not { } endpoint) continue;
            var lines = kestrel.ApplicationServices.GetRequiredService<Acp127Lines>();
            kestrel.Listen(endpoint, options => options.Run(lines.ports[line.Name].OnConnectedAsync));
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        running = [.. folders.Select(f => Task.Run(() => f.RunAsync(stopping.Token), CancellationToken.None))];
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => stopping.Dispose();
}
