using System.Collections.Immutable;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Running;

/// <summary>What finds certificates of recipients, put together.</summary>
internal static class FindingServices
{
    /// <summary>Without domains that look for certificates this costs nothing; a reload may bring some.</summary>
    public static void AddCertificateFinding(this IServiceCollection services, ImmutableArray<FindingConfiguration> settings, TimeProvider time)
    {
        services.AddSingleton(provider => new HarvestDesk(provider.GetRequiredService<ISpool>(), time, provider.GetRequiredService<ILogger<HarvestDesk>>()));
        services.AddSingleton(provider => new CertificateFinding(settings, provider.GetRequiredService<HarvestDesk>(), time, provider.GetRequiredService<ILogger<CertificateFinding>>()));
        services.AddHostedService(provider => provider.GetRequiredService<HarvestDesk>());
        services.AddHostedService(provider => provider.GetRequiredService<CertificateFinding>());
    }
}
