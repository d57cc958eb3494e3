using System.Diagnostics;
using System.Globalization;
using System.Text;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>Postfix's <c>smtp-source</c>: the load, from a program that neither side wrote.</summary>
internal static class SmtpSource
{
    /// <summary>Sends all messages and returns when each had its answer; throws when the program says otherwise.</summary>
    public static async Task SendAsync(int port, int messages, int size, int sessions, TimeSpan within, string recipient = "load@sink.test")
    {
        var start = new ProcessStartInfo(Requirement.Find("smtp-source")!) { RedirectStandardError = true };
        // -d: a session keeps its connection. -l counts the body; the header comes on top.
        foreach (var word in (string[])
                 [
                     "-s", Text(sessions), "-m", Text(messages), "-l", Text(size), "-d", "-f", "load@client.test", "-t", recipient, $"127.0.0.1:{port}",
                 ])
            start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(within).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new TimeoutException($"smtp-source was not done within {within.TotalSeconds:0} s");
        }

        if (process.ExitCode is not 0) throw new InvalidOperationException("smtp-source: " + (await errors.ConfigureAwait(false)).Trim());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Postfix's <c>smtp-sink</c>: the cheapest receiver there is. Its running counters say how many messages came.</summary>
internal sealed class SmtpSinkProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task reading;
    private long count;

    private SmtpSinkProcess(Process process, int port)
    {
        this.process = process;
        Port = port;
        reading = ReadAsync();
    }

    public int Port { get; }

    public string NextHop => $"127.0.0.1:{Port}";

    /// <summary>Messages since the start; at most some 20 ms old.</summary>
    public long Count => Volatile.Read(ref count);

    public static async Task<SmtpSinkProcess> StartAsync(int? port = null)
    {
        var chosen = port ?? Ports.Free();
        var start = new ProcessStartInfo(Requirement.Find("smtp-sink")!) { RedirectStandardOutput = true };
        if (Environment.UserName == "root")
        {
            start.ArgumentList.Add("-u");
            start.ArgumentList.Add("postfix");
        }

        foreach (var word in (string[])["-c", $"127.0.0.1:{chosen}", "1000"]) start.ArgumentList.Add(word);
        var sink = new SmtpSinkProcess(Process.Start(start)!, chosen);
        await Eventually.ComesTrueAsync(
            async () =>
            {
                try
                {
                    await using var client = await SmtpDialogue.ConnectAsync(chosen).ConfigureAwait(false);
                    return true;
                }
                catch (System.Net.Sockets.SocketException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(10), "smtp-sink listens").ConfigureAwait(false);
        return sink;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await reading.ConfigureAwait(false);
        process.Dispose();
    }

    // It writes a counter line for each message. Waking up for each would cost the measured programs more than it tells us.
    private async Task ReadAsync()
    {
        var buffer = new byte[256 << 10];
        var stream = process.StandardOutput.BaseStream;
        while (await stream.ReadAsync(buffer).ConfigureAwait(false) is var length and > 0)
        {
            var text = Encoding.ASCII.GetString(buffer, Math.Max(0, length - 200), Math.Min(length, 200));
            var at = text.LastIndexOf("mesg=", StringComparison.Ordinal);
            // The last line may be cut; then the one before counts until the next read.
            if (at >= 0 && text.IndexOf('\r', at) < 0) at = at is 0 ? -1 : text.LastIndexOf("mesg=", at - 1, StringComparison.Ordinal);
            if (at >= 0 && long.TryParse(text.AsSpan(at + 5, text.IndexOf('\r', at) - at - 5), out var number)) Volatile.Write(ref count, number);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System).ConfigureAwait(false);
        }
    }
}
