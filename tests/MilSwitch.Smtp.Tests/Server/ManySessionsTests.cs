using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

[Trait("Threat", "S9")]
public sealed class ManySessionsTests
{
    [Fact]
    public async Task Ten_thousand_slow_sessions_cost_little_and_end_in_time()
    {
        const int Count = 10_000;
        var time = new FakeTimeProvider();
        var intake = new FakeIntake();
        using var services = new SmtpServerServices(intake, intake, time, NullLogger.Instance);
        var settings = new SmtpListenerSettings { Name = "mta", Endpoint = new IPEndPoint(IPAddress.Loopback, 0), Role = ListenerRole.Relay, HostName = "mx" };
        var options = new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);
        var pipes = Enumerable.Range(0, Count).Select(_ => (In: new Pipe(options), Out: new Pipe(options))).ToArray();
        var sessions = new Task[Count];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Count; i++)
        {
            sessions[i] = new SmtpSession(new Duplex(pipes[i].In.Reader, pipes[i].Out.Writer), settings, services, IPAddress.Loopback).RunAsync();
            if (pipes[i].Out.Reader.TryRead(out var greeting)) pipes[i].Out.Reader.AdvanceTo(greeting.Buffer.End);
        }

        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        Assert.InRange(each, 0, 4096);
        for (var second = 0; second < 302; second++)
        {
            if (second % 50 is 0)
                foreach (var (input, _) in pipes)
                    await input.Writer.WriteAsync("x"u8.ToArray());
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.All(sessions, static session => Assert.True(session.IsCompletedSuccessfully));
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
