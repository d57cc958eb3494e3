using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MilSwitch.Host.Running;

/// <summary>
/// Which endpoint a connection came in at: put among the connection's features, because Host headers and port numbers are
/// the client's word.
/// </summary>
internal sealed class EndpointRole
{
    private EndpointRole()
    {
    }

    public static EndpointRole Admin { get; } = new();

    public static EndpointRole AdminSocket { get; } = new();

    public static EndpointRole Metrics { get; } = new();

    public void Mark(ListenOptions options) => options.Use(next => connection =>
    {
        connection.Features.Set(this);
        return next(connection);
    });
}
