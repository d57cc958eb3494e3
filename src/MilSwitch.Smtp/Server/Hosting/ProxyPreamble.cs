using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using MilSwitch.Smtp.Server.Framing;

namespace MilSwitch.Smtp.Server.Hosting;

/// <summary>Takes the header of a proxy from a connection, and nothing that comes behind it.</summary>
internal static class ProxyPreamble
{
    /// <summary>Never throws for what the proxy did.</summary>
    /// <param name="limit">For the whole header.</param>
    /// <param name="abort">Cuts the connection.</param>
    /// <param name="closeRequested">The server is going down.</param>
    /// <returns>The client's address, null for the connection's own; or why there is no header.</returns>
    public static async ValueTask<(IPAddress? Source, string? Failure)> ReadAsync(
        PipeReader input, SessionClock clock, TimeSpan limit, Action abort, CancellationToken closeRequested)
    {
        var deadline = new SessionDeadline(input.CancelPendingRead, abort);
        deadline.Arm(clock.Now + clock.Ticks(limit));
        clock.Add(deadline);
        var registration = closeRequested.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), input);
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(CancellationToken.None);
                var step = Judge(result.Buffer, out var length, out var source);
                if (step is ProxyHeaderStep.Done)
                {
                    input.AdvanceTo(result.Buffer.GetPosition(length));
                    return (source, null);
                }

                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                if (step is ProxyHeaderStep.Malformed) return (null, "Malformed");
                if (result.IsCompleted) return (null, "Ended");
                if (result.IsCanceled) return (null, closeRequested.IsCancellationRequested ? "ShuttingDown" : "Timeout");
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            return (null, "Ended");
        }
        finally
        {
            await registration.DisposeAsync();
            deadline.Disarm();
            clock.Remove(deadline);
        }
    }

    private static ProxyHeaderStep Judge(in ReadOnlySequence<byte> buffer, out int length, out IPAddress? source)
    {
        Span<byte> octets = stackalloc byte[ProxyHeader.Longest];
        var head = buffer.Slice(0, Math.Min(buffer.Length, octets.Length));
        head.CopyTo(octets);
        return ProxyHeader.Read(octets[..(int)head.Length], out length, out source);
    }
}
