using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MilSwitch.Host.Running;

/// <summary>So many connections at one endpoint and no more; who comes beyond is let go at once.</summary>
internal sealed class ConnectionQuota(int most)
{
    private int open;

    public void Guard(ListenOptions options) => options.Use(next => connection => RunAsync(connection, next));

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            if (Interlocked.Increment(ref open) <= most) await next(connection);
            else connection.Abort();
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }
}
