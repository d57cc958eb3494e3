using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Host.Acp127;

/// <summary>The edge to ACP 127 domains, as services.</summary>
internal static class Acp127Services
{
    /// <summary>Behind the gate: what comes in needs a switch that is ready. Without lines nothing is added.</summary>
    public static void AddAcp127(this IServiceCollection services, NodeConfiguration configuration)
    {
        if (configuration.Acp127.Lines.IsEmpty) return;
        services.AddSingleton(provider => new Acp127Lines(
            configuration, provider.GetRequiredService<ConfigurationHolder>(), provider.GetRequiredService<IIntake>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Acp127Lines>>()));
        services.AddSingleton(provider => new Acp127Senders(
            configuration, () => provider.GetRequiredService<ConfigurationHolder>().Current, provider.GetRequiredService<ISpool>(), new TcpSmtpTransport { Dialogues = provider.GetRequiredService<DialogueBoard>() }, provider.GetRequiredService<TimeProvider>()));
        // In the place of the one that the switch would take.
        services.AddSingleton<ISmtpTransport>(provider => new Acp127Transport(provider.GetRequiredService<Acp127Senders>(), new TcpSmtpTransport()));
        services.AddHostedService(provider => provider.GetRequiredService<Acp127Lines>());
    }
}
