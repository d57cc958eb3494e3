using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Checks.Scanning;

namespace MilSwitch.Checks.Tests.Scanning;

/// <summary>A server that reads until it has seen a mark, answers what its script says next, and keeps what it heard.</summary>
internal sealed class ScriptedScanner : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ends = new();
    private readonly Queue<(string Until, string? Answer)[]> connections;
    private readonly Task serving;

    /// <param name="connections">For each connection its steps: what is waited for, and what is said then; null closes.</param>
    public ScriptedScanner(params (string Until, string? Answer)[][] connections)
    {
        this.connections = new(connections);
        listener.Start();
        Address = ScannerAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), 1);
        serving = ServeAsync();
    }

    public ScannerAddress Address { get; }

    /// <summary>Of each connection that ended or is under way, all it said.</summary>
    public List<StringBuilder> Heard { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await ends.CancelAsync();
        listener.Stop();
        await serving;
        ends.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (connections.TryDequeue(out var steps))
            {
                using var client = await listener.AcceptTcpClientAsync(ends.Token);
                var heard = new StringBuilder();
                Heard.Add(heard);
                await AnswerAsync(client.GetStream(), steps, heard);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
        {
            // The test is over, or the client is gone.
        }
    }

    private async Task AnswerAsync(NetworkStream stream, (string Until, string? Answer)[] steps, StringBuilder heard)
    {
        var buffer = new byte[64 << 10];
        var from = 0;
        foreach (var (until, answer) in steps)
        {
            int at;
            while ((at = heard.ToString().IndexOf(until, from, StringComparison.Ordinal)) < 0)
            {
                var read = await stream.ReadAsync(buffer, ends.Token);
                if (read is 0) return;
                heard.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }

            from = at + until.Length;
            if (answer is null) return;
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), ends.Token);
        }
    }
}
