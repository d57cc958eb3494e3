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
        // One proxy carries many clients, and so does whoever names them with XCLIENT.
        var counted = proxied || now.ClientNamers.Any(network => network.Contains(client)) ? null : client;
        var stranger = false;
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

                if (source is null)
                {
                    // The proxy's own connection, to see whether the switch lives: what its clients may do it may not.
                    stranger = true;
                }
                else
                {
                    client = source;
                    if (!now.ClientNamers.Any(network => network.Contains(client)) && !TryRename(client))
                    {
                        await RefuseAsync(connection, client, now);
                        return;
                    }
                }
            }

            var session = new SmtpSession(connection.Transport, now, services, client, connection.Abort, stranger, TryRename);
            await session.RunAsync(closeRequested, connection.ConnectionClosed);
        }
        finally
        {
            ledger.Leave(counted);
            services.Leave();
            AbortIfItLingers(connection);
        }

        bool TryRename(IPAddress to)
        {
            if (!ledger.TryRename(counted, to, now.Limits)) return false;
            counted = to;
            return true;
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
