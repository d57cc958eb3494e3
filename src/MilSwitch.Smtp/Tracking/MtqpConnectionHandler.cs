using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Server.Hosting;

namespace MilSwitch.Smtp.Tracking;

/// <summary>Gives each connection its session. The settings are asked for at each, so that a reload reaches it. Thread-safe.</summary>
public sealed class MtqpConnectionHandler(Func<MtqpSettings> settings, MtqpServices services) : ConnectionHandler
{
    private readonly ConnectionLedger ledger = new();

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var now = settings();
        var client = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (client.IsIPv4MappedToIPv6) client = client.MapToIPv4();
        if (!services.Shared.TryEnter()) return;
        try
        {
            // Who comes in too many gets no word: RFC 3887 §3 has none for it that would not need to be read.
            if (!ledger.TryEnter(client, new SmtpLimits { Connections = now.Sessions, ConnectionsPerClient = now.SessionsPerClient })) return;
            try
            {
                var closeRequested = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
                await new MtqpSession(connection.Transport, now, services, client, connection.Abort).RunAsync(closeRequested, connection.ConnectionClosed);
            }
            finally
            {
                ledger.Leave(client);
            }
        }
        finally
        {
            services.Shared.Leave();
        }
    }
}
