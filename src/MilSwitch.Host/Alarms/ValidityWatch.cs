using System.Globalization;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Host.Alarms;

/// <summary>Knows which certificates of the configuration end soon, and which revocation lists have ended. Looks once a minute. Thread-safe.</summary>
internal sealed class ValidityWatch(ConfigurationHolder configuration, Func<IEnumerable<RevocationList>> fetched, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Soon = TimeSpan.FromDays(7);
    private static readonly TimeSpan VerySoon = TimeSpan.FromDays(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Alarm> standing = new(StringComparer.Ordinal);
    private (NodeConfiguration Of, DateTimeOffset At)? looked;

    /// <summary>Those that stand.</summary>
    public IReadOnlyList<Alarm> Alarms
    {
        get
        {
            lock (gate)
            {
                var (current, now) = (configuration.Current, time.GetUtcNow());
                if (looked is not { } last || last.Of != current || now - last.At >= Every || now < last.At)
                {
                    Look(current, now);
                    looked = (current, now);
                }

                return [.. standing.Values];
            }
        }
    }

    private void Look(NodeConfiguration current, DateTimeOffset now)
    {
        var found = new Dictionary<string, Alarm>(StringComparer.Ordinal);
        foreach (var (name, certificate) in CertificateInventory.Certificates(current))
        {
            var end = certificate.NotAfter;
            if (end - now >= current.Switch.Alarms.Certificates) continue;
            var severity = end - now < VerySoon ? AlarmSeverity.Critical : end - now < Soon ? AlarmSeverity.High : AlarmSeverity.Medium;
            Add($"certificate:{name}", string.Create(CultureInfo.InvariantCulture, $"certificate {(end <= now ? "has ended" : "ends")}: {name}: {end.UtcDateTime:yyyy-MM-dd HH:mm}Z"), severity);
        }

        foreach (var list in CertificateInventory.RevocationLists(current).Concat(fetched()).GroupBy(l => l.Issuer.ToString(), StringComparer.Ordinal).Select(g => g.MaxBy(l => l.ThisUpdate)!))
        {
            if (list.NextUpdate is { } next && next < now) Add($"crl:{list.Issuer}", string.Create(CultureInfo.InvariantCulture, $"revocation list is out of date: {list.Issuer}: {next.UtcDateTime:yyyy-MM-dd HH:mm}Z"), null);
        }

        foreach (var (id, alarm) in found.ToArray()) found[id] = standing.TryGetValue(id, out var known) ? alarm with { Since = known.Since } : alarm;
        standing.Clear();
        foreach (var alarm in found.Values) standing[alarm.Id] = alarm;

        void Add(string id, string text, AlarmSeverity? severity)
        {
            var alarm = new Alarm(id, text, now) { Severity = severity };
            // Of several with one name the one that ends first.
            if (!found.TryGetValue(id, out var other) || other.Severity < severity) found[id] = alarm;
        }
    }
}
