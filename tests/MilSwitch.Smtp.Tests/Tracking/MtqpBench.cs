using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Tests.Server;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Smtp.Tests.Tracking;

/// <summary>One session of MTQP on pipes that run inline, before a desk that knows what a test tells it.</summary>
internal sealed class MtqpBench : IDuplexPipe, ITrackingDesk, IDisposable
{
    private static readonly PipeOptions Inline = new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false);

    private readonly Pipe toServer = new(Inline), toClient = new(Inline);
    private readonly CancellationTokenSource shutdown = new();
    private readonly SmtpServerServices services;

    public MtqpBench(Func<MtqpSettings, MtqpSettings>? adjust = null, ISmtpTransport? transport = null)
    {
        var intake = new FakeIntake();
        services = new SmtpServerServices(intake, intake, Time, NullLogger.Instance);
        var settings = new MtqpSettings { Endpoint = new IPEndPoint(0, 0), HostName = "example2.com" };
        Session = new MtqpSession(this, adjust?.Invoke(settings) ?? settings, new MtqpServices(this, services, transport), IPAddress.Parse("192.0.2.7")).RunAsync(shutdown.Token);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2001, 1, 1, 20, 15, 15, TimeSpan.Zero));

    public Dictionary<(string, TrackingCertifier), TrackingAnswer> Known { get; } = [];

    public List<(string, TrackingCertifier)> Asked { get; } = [];

    public Task Session { get; }

    public PipeReader Input => toServer.Reader;

    public PipeWriter Output => toClient.Writer;

    public PipeReader FromServer => toClient.Reader;

    public PipeWriter ToServer => toServer.Writer;

    public ValueTask<TrackingAnswer> FindAsync(string envelopeId, TrackingCertifier proof, CancellationToken cancellationToken)
    {
        Asked.Add((envelopeId, proof));
        return new(Known.GetValueOrDefault((envelopeId, proof), TrackingAnswer.Nothing));
    }

    public void Shutdown() => shutdown.Cancel();

    /// <summary>Says something and hears the answer.</summary>
    public string Say(string text)
    {
        if (!Session.IsCompleted)
        {
            toServer.Writer.Write(Encoding.Latin1.GetBytes(text));
            _ = toServer.Writer.FlushAsync().AsTask();
        }

        return Read();
    }

    public string Read()
    {
        if (!toClient.Reader.TryRead(out var result)) return "";
        var text = Encoding.Latin1.GetString(result.Buffer.ToArray());
        toClient.Reader.AdvanceTo(result.Buffer.End);
        return text.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    public void Dispose()
    {
        if (!Session.IsCompleted) toServer.Writer.Complete();
        services.Dispose();
        shutdown.Dispose();
    }
}
