using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Switching;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Host.Access;

/// <summary>Everything about who may come in, as services.</summary>
internal static class AccessServices
{
    public static IServiceCollection AddAccess(this IServiceCollection services, NodeConfiguration configuration)
    {
        services.AddSingleton(provider => new AccessDesk(
            provider.GetService<ISpool>(), provider.GetRequiredService<ISwitchControl>(), provider.GetRequiredService<ConfigurationHolder>(), provider.GetRequiredService<ProposalDesk>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IAccessDesk>(provider => provider.GetRequiredService<AccessDesk>());
        services.AddSingleton<OidcDesk>();
        services.AddSingleton<ITwoPersonPolicy>(provider => new TwoPersonPolicy(provider.GetRequiredService<ConfigurationHolder>()));
        services.AddSingleton<IContentClearance, ContentClearance>();
        services.AddProposals();
        services.AddSingleton<INodeActions, NodeActions>();
        services.AddDataProtection().SetApplicationName("milswitch");
        services.AddSingleton<IXmlRepository>(provider => new StoredKeys(provider.GetService<ISpool>()));
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(o => o.XmlRepository = provider.GetRequiredService<IXmlRepository>()));
        var isSecure = configuration.Admin.Certificate is not null;
        services.AddAntiforgery(o =>
        {
            o.Cookie.Name = isSecure ? "__Host-milswitch-form" : "milswitch-form";
            o.Cookie.SameSite = SameSiteMode.Strict;
            o.Cookie.SecurePolicy = isSecure ? CookieSecurePolicy.Always : CookieSecurePolicy.None;
            o.Cookie.Path = "/";
            // Ours are stricter.
            o.SuppressXFrameOptionsHeader = true;
        });
        return services;
    }

    private sealed class TwoPersonPolicy(ConfigurationHolder configuration) : ITwoPersonPolicy
    {
        public bool NeedsTwo(string act) => configuration.Current.Admin.TwoPersons.Contains(act);
    }
}
