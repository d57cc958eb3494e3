using System.Collections.Immutable;
using System.Net;
using System.Text;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Alarms;
using MilSwitch.Host.Api;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Configuration;

/// <summary>When alarms are raised, and who is told of them.</summary>
public static partial class ConfigurationReader
{
    private const int LongestNotifierName = 64;
    private const int MostNotifiers = 50;
    private const int MostEscalations = 100;
    private const int LeastSecret = 16;

    private static (AlarmSettings Settings, ImmutableArray<NotifierSettings> Notifiers) ReadAlarms(ConfigurationSource source, Section root, ImmutableArray<SmtpListenerSettings> listeners)
    {
        var section = root.Map("alarms");
        var defaults = new AlarmSettings();
        var minute = TimeSpan.FromMinutes(1);
        var notifiers = ReadNotifiers(source, section, listeners);
        var (chatter, speed, growth) = (section.Map("chattering"), section.Map("speed-of-service"), section.Map("queue-growing"));
        var settings = new AlarmSettings
        {
            FloodPerMinute = section.Number("flood", defaults.FloodPerMinute, 1, 10_000),
            Chatter = new AlarmChatter
            {
                Count = chatter.Number("count", defaults.Chatter.Count, 2, 100),
                Within = chatter.Duration("within", defaults.Chatter.Within, minute, Day),
                Quiet = chatter.Duration("quiet", defaults.Chatter.Quiet, TimeSpan.FromSeconds(10), Day),
            },
            SpeedWindow = speed.Duration("window", defaults.SpeedWindow, minute, Day),
            SpeedTarget = speed.Number("target", defaults.SpeedTarget, 0, 100),
            SpeedMinimum = speed.Number("minimum", defaults.SpeedMinimum, 1, 1_000_000),
            GrowthWindow = growth.Duration("window", defaults.GrowthWindow, minute, Day),
            GrowthMinimum = growth.Number("minimum", defaults.GrowthMinimum, 1, 10_000_000),
            Unattended = ReadUnattended(section.Map("unattended"), defaults.Unattended),
            StoreLatency = section.Duration("store-latency", defaults.StoreLatency, TimeSpan.FromMilliseconds(100), minute),
            SpaceGrowth = section.Duration("space-growth", defaults.SpaceGrowth, TimeSpan.Zero, 30 * Day),
            TokenErrors = section.Number("token-errors", defaults.TokenErrors, 1, 1_000),
            Certificates = section.Duration("certificates", defaults.Certificates, Day, 365 * Day),
            DeadLetters = section.Number("dead-letters", defaults.DeadLetters, 1, 10_000_000),
            Escalations = ReadEscalations(source, section, notifiers),
        };
        foreach (var part in new[] { chatter, speed, growth }) part.Finish();
        section.Finish();
        return (settings, notifiers);
    }

    private static ImmutableArray<TimeSpan?> ReadUnattended(Section section, ImmutableArray<TimeSpan?> defaults)
    {
        var times = defaults.ToBuilder();
        for (var level = 0; level < PrecedenceExtensions.Count; level++)
        {
            var key = ((Precedence)level).Keyword();
            if (!section.Has(key)) continue;
            times[level] = (section.Find(key) as YamlText)?.Value is "none" ? null : section.Duration(key, defaults[level] ?? Day, TimeSpan.FromSeconds(1), 30 * Day);
        }

        section.Finish();
        return times.ToImmutable();
    }

    private static ImmutableArray<NotifierSettings> ReadNotifiers(ConfigurationSource source, Section alarms, ImmutableArray<SmtpListenerSettings> listeners)
    {
        var notifiers = ImmutableArray.CreateBuilder<NotifierSettings>();
        foreach (var section in Mappings(source, alarms, "notifiers", "must be a mapping with name, and mail, web-hook or command"))
        {
            var name = section.RequiredText("name");
            if (name is not null && (name.Length > LongestNotifierName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')))
                section.Reject("name", $"'{name}' is not a name of up to {LongestNotifierName} letters, digits, hyphens, dots and underscores");
            string[] ways = [.. new[] { "mail", "web-hook", "command" }.Where(section.Has)];
            if (ways.Length is not 1) section.Reject("name", "needs one of mail, web-hook and command");
            NotifierSettings? notifier = ways is not [var way] ? null : way switch
            {
                "mail" => ReadMailNotifier(section.Map("mail"), name ?? "", listeners),
                "web-hook" => ReadWebHook(source, section.Map("web-hook"), name ?? ""),
                _ => ReadCommandNotifier(section.Map("command"), name ?? ""),
            };
            var perHour = section.Number("per-hour", 30, 1, 3_600);
            section.Finish();
            if (name is null || notifier is null) continue;
            if (notifiers.Any(n => n.Name == name)) section.Reject("name", $"'{name}' is given to another notifier already");
            else notifiers.Add(notifier with { PerHour = perHour });
        }

        if (notifiers.Count > MostNotifiers) alarms.Reject("notifiers", $"there are more than {MostNotifiers}");
        return notifiers.ToImmutable();
    }

    private static NotifierSettings.Mail? ReadMailNotifier(Section section, string name, ImmutableArray<SmtpListenerSettings> listeners)
    {
        if (!section.Has("listener")) section.RequiredText("listener");
        var listener = SubmissionListener(section, "listener", listeners);
        var from = ReadAddress(section, "from", required: true);
        var to = ReadAddresses(section, "to");
        if (!section.Has("to")) section.RequiredText("to");
        var level = section.Precedence("precedence", Precedence.Immediate);
        section.Finish();
        return listener is null || from is null || to.IsEmpty ? null : new NotifierSettings.Mail(name, listener, from, to) { Level = level };
    }

    private static NotifierSettings.WebHook? ReadWebHook(ConfigurationSource source, Section section, string name)
    {
        var text = section.RequiredText("url");
        Uri? address = null;
        if (text is not null && (!Uri.TryCreate(text, UriKind.Absolute, out address) || address.Scheme is not ("https" or "http") || address.UserInfo.Length > 0 || address.Fragment.Length > 0))
        {
            section.Reject("url", $"'{text}' is not an address such as https://pager.example.org/milswitch");
            address = null;
        }

        // The signature says who sent it, but only TLS keeps others from reading it.
        if (address is { Scheme: "http" } && !(IPAddress.TryParse(address.IdnHost, out var host) && IPAddress.IsLoopback(host))) section.Reject("url", "http goes no further than this machine (127.0.0.1); use https");
        string? secret = null;
        if (section.Find("secret") is YamlMap) secret = source.SecretFile(section.Map("secret"));
        else section.Reject("secret", section.Has("secret") ? "must not stand in the configuration; write { file: PATH }" : "is missing; write { file: PATH }. It signs what is sent");
        if (secret is { Length: < LeastSecret }) section.Reject("secret", $"has fewer than {LeastSecret} characters");
        var anchors = section.Has("ca") ? source.Anchors(section, "ca") : [];
        if (section.Has("ca") && address is { Scheme: "http" }) section.Reject("ca", "does nothing without https");
        var limit = section.Duration("timeout", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        section.Finish();
        return address is null || secret is null ? null : new NotifierSettings.WebHook(name, address, Encoding.UTF8.GetBytes(secret)) { Anchors = [.. anchors], Limit = limit };
    }

    private static NotifierSettings.Command? ReadCommandNotifier(Section section, string name)
    {
        var words = section.Texts("run");
        if (!section.Has("run")) section.RequiredText("run");
        if (words is [var program, ..])
        {
            if (!Path.IsPathRooted(program)) section.Reject("run", $"'{program}' is not the full path of a program");
            else if (!File.Exists(program)) section.Reject("run", $"'{program}' does not exist");
            else if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(program) & UnixFileMode.OtherWrite) is not 0) section.Reject("run", $"'{program}' can be changed by everyone on this machine; take that right away (chmod o-w {program})");
        }

        var limit = section.Duration("timeout", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        section.Finish();
        return words.IsEmpty ? null : new NotifierSettings.Command(name, words[0], words[1..]) { Limit = limit };
    }

    private static ImmutableArray<AlarmEscalation> ReadEscalations(ConfigurationSource source, Section alarms, ImmutableArray<NotifierSettings> notifiers)
    {
        var steps = ImmutableArray.CreateBuilder<AlarmEscalation>();
        foreach (var section in Mappings(source, alarms, "escalations", "must be a mapping with notifier and after"))
        {
            var name = section.RequiredText("notifier");
            if (name is not null && notifiers.All(n => n.Name != name)) section.Reject("notifier", $"there is no notifier '{name}'{Spelling.Suggest(name, [.. notifiers.Select(n => n.Name)])}");
            if (!section.Has("after")) section.RequiredText("after");
            var kinds = section.Texts("kinds");
            foreach (var kind in kinds.Where(k => AlarmCatalogue.All.All(c => c.Name != k))) section.Reject("kinds", $"'{kind}' is no kind of alarm{Spelling.Suggest(kind, [.. AlarmCatalogue.All.Select(c => c.Name)])}");
            var step = new AlarmEscalation(name ?? "", section.Duration("after", TimeSpan.Zero, TimeSpan.Zero, Day))
            {
                Kinds = kinds,
                From = section.Keyword("severity", AlarmSeverity.Low, [.. Enum.GetValues<AlarmSeverity>().Select(s => (Words.Of(s), s))]),
                Repeat = section.Has("repeat") ? section.Duration("repeat", TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(1), Day) : null,
                Most = section.Number("times", 10, 1, 1_000),
                TellsEnd = section.Flag("returned", true),
            };
            if (section.Has("times") && !section.Has("repeat")) section.Reject("times", "does nothing without repeat");
            section.Finish();
            // By this a restart knows what was told already.
            if (steps.Any(s => s.Key == step.Key)) section.Reject("after", $"notifier '{name}' has a step after the same time already; name all kinds in one");
            else if (name is not null) steps.Add(step);
        }

        if (steps.Count > MostEscalations) alarms.Reject("escalations", $"there are more than {MostEscalations}");
        return steps.ToImmutable();
    }
}
