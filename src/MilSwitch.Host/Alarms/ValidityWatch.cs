using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

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
        foreach (var (name, end) in Certificates(current))
        {
            if (end - now >= current.Switch.Alarms.Certificates) continue;
            var severity = end - now < VerySoon ? AlarmSeverity.Critical : end - now < Soon ? AlarmSeverity.High : AlarmSeverity.Medium;
            Add($"certificate:{name}", string.Create(CultureInfo.InvariantCulture, $"certificate {(end <= now ? "has ended" : "ends")}: {name}: {end.UtcDateTime:yyyy-MM-dd HH:mm}Z"), severity);
        }

        foreach (var list in Lists(current).Concat(fetched()).GroupBy(l => l.Issuer.ToString(), StringComparer.Ordinal).Select(g => g.MaxBy(l => l.ThisUpdate)!))
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

    // Each with a name that an operator finds in the file, and the end of its validity.
    private static IEnumerable<(string Name, DateTimeOffset End)> Certificates(NodeConfiguration current)
    {
        var all = new List<(string, DateTimeOffset)>();
        foreach (var listener in current.Listeners)
        {
            Take($"listeners.{listener.Name}", listener.Certificate);
            foreach (var anchor in listener.ClientAnchors) Take($"listeners.{listener.Name}.client-ca", anchor);
        }

        Take("admin", current.Admin.Certificate);
        Take("tracking", current.Tracking?.Certificate);
        foreach (var (name, certificate) in current.Keys.OnTokens) TakeOctets($"keys.{name}", certificate);
        foreach (var (name, pair) in current.Keys.InMemory) TakeOctets($"keys.{name}", pair.Certificate);
        foreach (var proxy in current.Proxies)
        {
            TakeOctets($"boundaries.{proxy.Boundary}.proxy-certificates", proxy.Certificate);
            foreach (var one in new[] { proxy.Ldap, proxy.Https }.OfType<ProxyListener>()) Take($"boundaries.{proxy.Boundary}.proxy-certificates", one.Certificate);
        }

        foreach (var domain in current.Switch.Boundaries.Domains)
        {
            foreach (var anchor in domain.Trust.Anchors) TakeOctets($"domains.{domain.Name}.anchors", anchor);
        }

        foreach (var (listener, arrival) in current.Switch.Arrivals ?? new Dictionary<string, Domain.Protection.ArrivalProtection>())
        {
            foreach (var anchor in arrival.Trust.Anchors) TakeOctets($"listeners.{listener}.anchors", anchor);
        }

        foreach (var link in current.Switch.Routes.Routes.Select(r => r.Link).OfType<Domain.Routing.LinkSettings>().DistinctBy(l => l.Name))
        {
            if (link.Tls.CertificateFile is { } file) TakeFile($"routes.{link.Name}", file);
            if (link.Tls.CaFile is { } authority) TakeFile($"routes.{link.Name}.ca", authority);
            foreach (var peer in link.Protection?.Encrypt?.Certificates ?? []) TakeOctets($"routes.{link.Name}.encrypt", peer);
        }

        if (current.NodeCertificate is { } node)
        {
            foreach (var authority in node.Authorities) Take("cluster.tls.ca", authority);
        }

        return all;

        void Take(string name, X509Certificate2? certificate)
        {
            if (certificate is not null) all.Add((name, certificate.NotAfter.ToUniversalTime()));
        }

        void TakeOctets(string name, ReadOnlyMemory<byte> octets)
        {
            try
            {
                all.Add((name, Certificate.Read(octets).NotAfter));
            }
            catch (CmsFormatException)
            {
                // Whoever uses it says so.
            }
        }

        void TakeFile(string name, string file)
        {
            try
            {
                var certificates = new X509Certificate2Collection();
                certificates.ImportFromPemFile(file);
                foreach (var certificate in certificates)
                {
                    using (certificate) Take(name, certificate);
                }
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
            {
                // The link says so.
            }
        }
    }

    private static List<RevocationList> Lists(NodeConfiguration current)
    {
        var lists = new List<RevocationList>();
        foreach (var trust in current.Switch.Boundaries.Domains.Select(d => d.Trust).Concat(current.Switch.Arrivals?.Values.Select(a => a.Trust) ?? []).Distinct())
        {
            foreach (var octets in trust.RevocationLists)
            {
                try
                {
                    lists.Add(RevocationList.Read(octets));
                }
                catch (CmsFormatException)
                {
                    // Whoever uses it says so.
                }
            }
        }

        return lists;
    }
}
