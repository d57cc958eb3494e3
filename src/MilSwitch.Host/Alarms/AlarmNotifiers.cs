using System.Globalization;
using System.Text;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Api;
using MilSwitch.Host.Running;
using MilSwitch.Host.Submission;
using Text = MilSwitch.Host.Commands.Text;

namespace MilSwitch.Host.Alarms;

/// <summary>The notifiers of the configuration in force.</summary>
internal sealed class AlarmNotifiers(ConfigurationHolder configuration, Lazy<SubmissionDesk> desk, TimeProvider time) : IAlarmNotifiers
{
    private const int LongestSubject = 200;

    private readonly Lock gate = new();
    private readonly Dictionary<string, TokenBucket> buckets = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Names => [.. configuration.Current.Notifiers.Select(n => n.Name)];

    public bool Admit(string notifier, DateTimeOffset now)
    {
        if (Find(notifier) is not { } settings) return false;
        lock (gate)
        {
            foreach (var gone in buckets.Keys.Where(b => Find(b) is null).ToArray()) buckets.Remove(gone);
            // The bucket's own time is the minute.
            var bucket = buckets.GetValueOrDefault(notifier, TokenBucket.Full(settings.PerHour, now));
            var gained = now > bucket.FilledAt ? (now - bucket.FilledAt).TotalHours * settings.PerHour : 0;
            bucket = new TokenBucket(Math.Min(settings.PerHour, bucket.Tokens + gained), now);
            buckets[notifier] = bucket.HasOne ? bucket.WithOneLess() : bucket;
            return bucket.HasOne;
        }
    }

    public async ValueTask<string?> NotifyAsync(string notifier, AlarmNotification notification, CancellationToken cancellationToken) => Find(notifier) switch
    {
        NotifierSettings.Mail mail => await MailAsync(mail, notification, cancellationToken),
        NotifierSettings.WebHook hook => await WebHookNotifier.NotifyAsync(hook, notification, time, cancellationToken),
        NotifierSettings.Command command => await CommandNotifier.NotifyAsync(command, notification, time, cancellationToken),
        _ => "there is no such notifier",
    };

    private NotifierSettings? Find(string name) => configuration.Current.Notifiers.FirstOrDefault(n => n.Name == name);

    private async Task<string?> MailAsync(NotifierSettings.Mail settings, AlarmNotification notification, CancellationToken cancellationToken)
    {
        var current = configuration.Current;
        var request = new SubmissionRequest(
            settings.From.Text, [.. settings.To.Select(t => t.Text)], Subject: Subject(notification), Text: Body(notification), Notify: ["never"],
            Mmhs: new MmhsView { PrimaryPrecedence = settings.Level.Keyword() });
        try
        {
            var message = new MessageComposer(current.Labels.Authority.Policies, current.Switch.HostName).Compose(request, time.GetUtcNow());
            // RFC 3834 §5: nobody's program is to answer it.
            var marked = message with { Content = (byte[])[.. "Auto-Submitted: auto-generated\r\n"u8, .. message.Content.Span] };
            var result = await desk.Value.SubmitAsync(settings.Listener, Origin.Alarm + settings.Name, "alarm", marked, cancellationToken);
            return result.Refusal is { } reply ? string.Create(CultureInfo.InvariantCulture, $"the switch refuses the message: {reply.Code} {Text.Printable(result.Text)}") : null;
        }
        catch (SubmissionRefusedException refused)
        {
            return "no message can be made: " + string.Join("; ", refused.Faults.Select(f => $"{f.Field}: {f.Text}"));
        }
    }

    private static string Subject(AlarmNotification notification)
    {
        if (notification.IsTest) return $"Test of alarms of {notification.Node}";
        var first = notification.Alarms[0];
        var more = notification.Alarms.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $" and {notification.Alarms.Length - 1} more") : "";
        var text = Text.Printable($"{(first.Stands ? Words.Of(first.Severity).ToUpperInvariant() : "Over")}: {first.Id} on {first.Node}{more}");
        return text.Length > LongestSubject ? text[..LongestSubject] : text;
    }

    private static string Body(AlarmNotification notification)
    {
        if (notification.IsTest) return "Nothing is the matter. Somebody wanted to see whether this arrives.\r\n";
        var body = new StringBuilder();
        var (standing, over) = (notification.Alarms.Where(a => a.Stands).ToArray(), notification.Alarms.Where(a => !a.Stands).ToArray());
        if (standing.Length > 0) body.Append("Nobody has acknowledged:\r\n\r\n");
        foreach (var alarm in standing)
        {
            body.Append(CultureInfo.InvariantCulture, $"{Words.Of(alarm.Severity)}  {Text.Printable(alarm.Id)}  on {Text.Printable(alarm.Node)}, since {alarm.RaisedAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\r\n");
            body.Append(CultureInfo.InvariantCulture, $"    {Text.Printable(alarm.Text)}\r\n");
            if (AlarmCatalogue.Find(alarm.Id)?.Runbook is { } runbook) body.Append(CultureInfo.InvariantCulture, $"    what to do: {runbook}\r\n");
            body.Append(CultureInfo.InvariantCulture, $"    milswitch alarm ack '{Text.Printable(alarm.Id)}'\r\n\r\n");
        }

        if (over.Length > 0) body.Append("Over:\r\n\r\n");
        foreach (var alarm in over)
        {
            body.Append(CultureInfo.InvariantCulture, $"{Words.Of(alarm.Severity)}  {Text.Printable(alarm.Id)}  on {Text.Printable(alarm.Node)}, from {alarm.RaisedAt.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} to {alarm.ClearedAt?.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}\r\n");
            if (alarm.State is AlarmState.Returned) body.Append(CultureInfo.InvariantCulture, $"    nobody has seen it: milswitch alarm ack '{Text.Printable(alarm.Id)}'\r\n");
            body.Append("\r\n");
        }

        return body.ToString();
    }
}
