using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using MilSwitch.Smtp.Server.Hosting;

namespace MilSwitch.Smtp.Server;

/// <summary>
/// Gives each connection of one listener its session. The settings are asked for at each connection, so a reload counts
/// for new sessions and leaves running ones alone. Thread-safe.
/// </summary>
public sealed class SmtpConnectionHandler(Func<SmtpListenerSettings> settings, SmtpServerServices services) : ConnectionHandler
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    private readonly ConnectionLedger ledger = new();

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var now = settings();
        var client = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        var proxied = now.Proxies.Any(network => network.Contains(client));
        // One proxy carries many clients.
        var counted = proxied ? null : client;
        if (!TryEnter(counted, now.Limits))
        {
            await RefuseAsync(connection, client, now);
            return;
        }

        try
        {
            var closeRequested = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
            if (proxied)
            {
                var (source, failure) = await ProxyPreamble.ReadAsync(connection.Transport.Input, services.Clock, now.Limits.TlsTimeout, connection.Abort, closeRequested);
                if (failure is not null)
                {
                    SmtpServerLog.ProxyFailed(services.Logger, client.ToString(), now.Name, failure);
                    SmtpMeter.ProxyFailures.Add(1, new("listener", now.Name), new("reason", failure));
                    return;
                }

                if (source is not null)
                {
                    client = source;
                    if (!ledger.TryName(client, now.Limits))
                    {
                        await RefuseAsync(connection, client, now);
                        return;
                    }

                    counted = client;
                }
            }

            var session = new SmtpSession(connection.Transport, now, services, client, connection.Abort);
            await session.RunAsync(closeRequested, connection.ConnectionClosed);
        }
        finally
        {
            ledger.Leave(counted);
            services.Leave();
            AbortIfItLingers(connection);
        }
    }

    private async ValueTask RefuseAsync(ConnectionContext connection, IPAddress client, SmtpListenerSettings now)
    {
        SmtpServerLog.Refused(services.Logger, client.ToString(), now.Name, Replies.TooManyConnections.Name);
        SmtpMeter.Refusals.Add(1, new("listener", now.Name), new("reason", Replies.TooManyConnections.Name));
        // On a listener with TLS from the first octet nobody could read it.
        if (now.TlsMode is not ListenerTlsMode.Implicit) await connection.Transport.Output.WriteAsync(Replies.TooManyConnections.Line.ToArray());
    }

    private bool TryEnter(IPAddress? client, SmtpLimits limits)
    {
        if (!services.TryEnter()) return false;
        if (ledger.TryEnter(client, limits)) return true;
        services.Leave();
        return false;
    }

    // The transport sends what is left before it closes. A peer that takes nothing (a window of zero) must not keep it.
    private void AbortIfItLingers(ConnectionContext connection)
    {
        var clock = services.Clock;
        SessionDeadline linger = null!;
        linger = new SessionDeadline(
            () =>
            {
                clock.Remove(linger);
                connection.Abort();
            },
            abort: null);
        linger.Arm(clock.Now + clock.Ticks(Linger));
        clock.Add(linger);
        connection.ConnectionClosed.UnsafeRegister(_ => clock.Remove(linger), null);
    }
}
