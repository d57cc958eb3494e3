using MilSwitch.Smime.Tokens;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    // What signs evidence signs nothing else, and the other way round.
    private static (string? Key, AuditConfiguration Settings) ReadAudit(ConfigurationSource source, Section root, KeyConfiguration keys)
    {
        var defaults = new AuditConfiguration();
        if (!root.Has("audit")) return (null, defaults);
        var section = root.Map("audit");
        var name = section.Text("key");
        var settings = new AuditConfiguration
        {
            Checkpoint = section.Duration("checkpoint", defaults.Checkpoint, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            Check = section.Duration("check", defaults.Check, TimeSpan.FromMinutes(1), 30 * Day),
            Retention = section.Has("retention") ? section.Duration("retention", default, TimeSpan.FromHours(1), 3650 * Day) : null,
            Ship = section.Text("ship") is { } folder ? source.FullPath(folder) : null,
        };
        section.Finish();
        if (name is null) return (null, settings);
        if (keys.Find(name) is null) section.Reject("key", NoSuchKey(name, keys));
        else if (keys.Roles.TryGetValue(name, out var role) && role is not KeyRole.Audit) section.Reject("key", $"'{name}' is a key for {Word(role)}");
        return (name, settings);
    }
}
