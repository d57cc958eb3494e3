using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

/// <summary>
/// One session on in-memory pipes that run inline: when <see cref="Send(string)"/> returns, the session has read every octet
/// and said what it had to say. Nothing waits for anything real.
/// </summary>
internal sealed class SessionBench : IDuplexPipe, IDisposable
{
    private static readonly PipeOptions Inline = new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false);

    private readonly Pipe toServer = new(Inline);
    private readonly Pipe toClient;
    private readonly CancellationTokenSource shutdown = new();
    private readonly SmtpServerServices services;
    private Task? session;

    public SessionBench(Func<SmtpListenerSettings, SmtpListenerSettings>? adjust = null, string client = "192.0.2.7", long outputThreshold = 0)
    {
        toClient = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: outputThreshold, resumeWriterThreshold: outputThreshold / 2, useSynchronizationContext: false));
        Settings = new SmtpListenerSettings
        {
            Name = "mta", Endpoint = new IPEndPoint(IPAddress.Loopback, 0), Role = ListenerRole.Relay, HostName = "mx.example.mil",
        };
        if (adjust is not null) Settings = adjust(Settings);
        ClientAddress = IPAddress.Parse(client);
        services = new SmtpServerServices(Intake, Intake, Time, NullLogger.Instance);
    }

    public SmtpListenerSettings Settings { get; }

    public IPAddress ClientAddress { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public FakeIntake Intake { get; } = new();

    public bool OctetByOctet { get; init; }

    public bool Aborted { get; private set; }

    public bool Closed => session is { IsCompleted: true };

    public Task Session => session ?? Task.CompletedTask;

    PipeReader IDuplexPipe.Input => toServer.Reader;

    PipeWriter IDuplexPipe.Output => toClient.Writer;

    public PipeReader FromServer => toClient.Reader;

    public PipeWriter ToServer => toServer.Writer;

    public SessionBench Start()
    {
        session = new SmtpSession(this, Settings, services, ClientAddress, () => Aborted = true).RunAsync(shutdown.Token);
        return this;
    }

    /// <summary>Starts, and reads greeting and EHLO reply away.</summary>
    public SessionBench Greeted()
    {
        Start();
        Send("EHLO client.example\r\n");
        Read();
        return this;
    }

    public void Shutdown() => shutdown.Cancel();

    public string Say(string line)
    {
        Send(line + "\r\n");
        return Read().TrimEnd('\r', '\n');
    }

    public void Send(string latin1) => Send(Encoding.Latin1.GetBytes(latin1));

    public void Send(ReadOnlySpan<byte> octets)
    {
        if (!OctetByOctet)
        {
            SendPiece(octets);
            return;
        }

        for (var i = 0; i < octets.Length; i++) SendPiece(octets.Slice(i, 1));
    }

    public void SendPiece(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty || Closed) return;
        toServer.Writer.Write(octets);
        _ = toServer.Writer.FlushAsync().AsTask();
    }

    public void HangUp() => toServer.Writer.Complete();

    /// <summary>What the server said since the last call.</summary>
    public string Read()
    {
        if (!toClient.Reader.TryRead(out var result)) return "";
        var text = Encoding.Latin1.GetString(result.Buffer.ToArray());
        toClient.Reader.AdvanceTo(result.Buffer.End);
        return text;
    }

    public void Dispose()
    {
        if (!Closed) toServer.Writer.Complete();
        services.Dispose();
        shutdown.Dispose();
    }
}
