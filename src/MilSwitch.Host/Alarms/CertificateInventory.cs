using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Host.Configuration;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Host.Alarms;

/// <summary>All certificates and revocation lists of a configuration.</summary>
internal static class CertificateInventory
{
    /// <summary>Each with a name that an operator finds in the file.</summary>
    public static IReadOnlyList<(string Name, Certificate Certificate)> Certificates(NodeConfiguration current)
    {
        var all = new List<(string, Certificate)>();
        foreach (var listener in current.Listeners)
        {
            Take($"listeners.{listener.Name}", listener.Certificate);
            foreach (var anchor in listener.ClientAnchors) Take($"listeners.{listener.Name}.client-ca", anchor);
        }

        foreach (var line in current.Acp127.Lines)
        {
            Take($"acp127.{line.Name}", line.Inbound?.Certificate);
            foreach (var anchor in line.Inbound?.ClientAnchors ?? []) Take($"acp127.{line.Name}.client-ca", anchor);
        }

        Take("admin", current.Admin.Certificate);
        foreach (var anchor in current.Admin.ClientAnchors) Take("admin.client-ca", anchor);
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
            if (certificate is not null) TakeOctets(name, certificate.RawDataMemory);
        }

        void TakeOctets(string name, ReadOnlyMemory<byte> octets)
        {
            try
            {
                all.Add((name, Certificate.Read(octets)));
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

    /// <summary>Those of the configuration.</summary>
    public static IReadOnlyList<RevocationList> RevocationLists(NodeConfiguration current)
    {
        List<RevocationList> lists = [.. current.Admin.ClientRevocation?.Trust.RevocationLists ?? []];
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
