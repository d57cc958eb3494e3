using System.Collections.Immutable;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Protection;
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

    // Whoever hands in a message has no key; a receipt is asked for by a signature (RFC 2634 §2).
    private static DepartureSigning? ReadSubmissionSigning(Section admin, KeyConfiguration keys, DomainOfKeys? home)
    {
        if (!admin.Has("submission-sign")) return null;
        if (!admin.Has("submission")) admin.Reject("submission-sign", "does nothing without submission");
        var section = admin.Map("submission-sign");
        foreach (var key in new[] { "around", "encapsulate", "countersign" }.Where(section.Has)) section.Reject(key, "is not for what is handed in, which nobody has signed");
        var signing = ReadSigning(section, keys, HeaderProtection.None);
        if (signing is not null && home is not null) OwnAll(section, signing, home);
        return signing;
    }
}
