using MilSwitch.Switching;

namespace MilSwitch.Host.Running;

/// <summary>Holds the listeners back until the switch has loaded what was pending: a client is either served or not answered.</summary>
internal sealed class ReadinessGate(ISwitchControl control) : IHostedService
{
    // The web server's own service is registered after this one, and starts after it.
    public Task StartAsync(CancellationToken cancellationToken) => control.WhenReady.WaitAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
