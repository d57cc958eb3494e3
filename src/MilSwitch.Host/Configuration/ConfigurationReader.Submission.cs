using System.Collections.Immutable;
using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Configuration;

/// <summary>What is handed in without SMTP.</summary>
public static partial class ConfigurationReader
{
    // Whoever hands in a message is known by then: only a submission listener's rules are for such.
    private static string? SubmissionListener(Section section, string key, ImmutableArray<SmtpListenerSettings> listeners)
    {
        if (section.Text(key) is not { } name) return null;
        if (listeners.FirstOrDefault(l => l.Name == name) is not { } listener) section.Reject(key, $"there is no listener '{name}'{Spelling.Suggest(name, listeners.Select(l => l.Name))}");
        else if (listener.Role is not ListenerRole.Submission) section.Reject(key, $"listener '{name}' is not for submission");
        else return name;
        return null;
    }
}
