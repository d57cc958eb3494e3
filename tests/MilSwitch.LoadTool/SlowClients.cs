using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>How fast are honest clients served while thousands of others send one octet a second?</summary>
internal static partial class SlowClients
{
    private const int OpenFiles = 7;

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var clients = arguments.Number("clients", 10_000);
        var messages = arguments.Number("messages", 30_000);
        var rounds = arguments.Number("rounds", 3);
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();
        if (Requirement.Missing("smtp-source", "smtp-sink") is { } missing)
        {
            Console.WriteLine("skipped: " + missing);
            return 0;
        }

        if (!RaiseOpenFiles((ulong)clients + 4000))
        {
            Console.WriteLine($"skipped: the limit of open files can't be raised to {clients + 4000}");
            return 0;
        }

        using var workspace = new Workspace("slow");
        await using var sink = await SmtpSinkProcess.StartAsync().ConfigureAwait(false);
        await using var milswitch = await RelayComparison.StartSwitchAsync(workspace["switch"], sink.NextHop).ConfigureAwait(false);
        await RateAsync().ConfigureAwait(false);
        var normal = await MedianRateAsync().ConfigureAwait(false);
        var before = milswitch.ResidentOctets;

        using var stop = new CancellationTokenSource();
        var sockets = await ConnectAsync(milswitch.Port, clients).ConfigureAwait(false);
        var dripping = Task.Factory.StartNew(() => DripAsync(sockets, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System).ConfigureAwait(false);
        var burdened = await MedianRateAsync().ConfigureAwait(false);
        var after = milswitch.ResidentOctets;
        var alive = sockets.Count(s => s.Connected);
        await stop.CancelAsync().ConfigureAwait(false);
        await dripping.ConfigureAwait(false);
        foreach (var socket in sockets) socket.Dispose();

        var result = new { clients, alive, normal, burdened, ratio = burdened / normal, octetsPerClient = (double)(after - before) / clients };
        Measures.Row("messages/s, nobody slow", normal);
        Measures.Row($"messages/s, {clients} slow", burdened);
        Measures.Row("octets per slow client", result.octetsPerClient);
        Measures.WriteJson(json, result);
        var met = Measures.Require("rate as share of normal", result.ratio, r => r >= 0.8, "at least 0.8");
        met &= Measures.Require("slow sessions still open", alive, a => a >= clients * 0.99, $"at least {clients * 0.99:0}");
        return met ? 0 : 1;

        async Task<double> MedianRateAsync()
        {
            var rates = new List<double>();
            for (var i = 0; i < rounds; i++) rates.Add(await RateAsync().ConfigureAwait(false));
            return Measures.Median(rates);
        }

        async Task<double> RateAsync()
        {
            var goal = sink.Count + messages;
            var watch = Stopwatch.StartNew();
            await SmtpSource.SendAsync(milswitch.Port, messages, 4096, 20, TimeSpan.FromMinutes(4)).ConfigureAwait(false);
            await Eventually.ComesTrueAsync(() => sink.Count >= goal, TimeSpan.FromMinutes(4), $"{messages} messages relayed").ConfigureAwait(false);
            return messages / watch.Elapsed.TotalSeconds;
        }
    }

    // From many addresses of the loopback network, so that limits per client don't end the experiment.
    private static async Task<Socket[]> ConnectAsync(int port, int count)
    {
        var sockets = new Socket[count];
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (i % 100))]), 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)).ConfigureAwait(false);
            socket.Blocking = false;
            sockets[i] = socket;
        }

        return sockets;
    }

    private static async Task DripAsync(Socket[] sockets, CancellationToken cancellationToken)
    {
        // Never a whole command: a name that grows.
        var text = Encoding.ASCII.GetBytes("EHLO slow.client.test." + new string('a', 400));
        var slices = 20;
        for (var beat = 0; !cancellationToken.IsCancellationRequested; beat++)
        {
            var begun = Stopwatch.GetTimestamp();
            for (var slice = 0; slice < slices; slice++)
            {
                for (var i = slice; i < sockets.Length; i += slices) sockets[i].Send(text.AsSpan(beat % text.Length, 1), SocketFlags.None, out _);
                var pause = TimeSpan.FromSeconds((slice + 1.0) / slices) - Stopwatch.GetElapsedTime(begun);
                if (pause <= TimeSpan.Zero) continue;
                try
                {
                    await Task.Delay(pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    // The switch is started afterwards and inherits the limit.
    private static bool RaiseOpenFiles(ulong count)
    {
        if (GetLimit(OpenFiles, out var limit) is not 0) return false;
        if (limit.Soft >= count) return true;
        limit.Soft = count;
        limit.Hard = Math.Max(limit.Hard, count);
        return SetLimit(OpenFiles, in limit) is 0;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
