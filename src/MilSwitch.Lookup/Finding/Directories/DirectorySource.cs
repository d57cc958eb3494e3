using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>
/// Certificates in a directory (RFC 4523 §2.1), asked for by mail address over TLS. Referrals and aliases are never followed:
/// only the servers of the settings are asked. Thread-safe.
/// </summary>
public sealed class DirectorySource : ICertificateSource, IDisposable
{
    private readonly DirectorySettings settings;
    private readonly LdapClient client;
    private readonly SemaphoreSlim connections;
    private readonly SilentServers silent;

    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public DirectorySource(DirectorySettings settings, TimeProvider time)
    {
        Check(settings);
        this.settings = settings;
        client = new LdapClient(TlsTrust.Anchors(settings.TlsAnchors), time, settings.TimeLimit);
        connections = new SemaphoreSlim(settings.Connections);
        silent = new SilentServers(settings.PauseAfterSilence, time);
        Name = "directory:" + settings.Name;
    }

    public string Name { get; }

    public async ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
    {
        // mail is an IA5String (RFC 4524 §2.16): other letters can't be in it.
        var address = RecipientNames.Canonical(recipient);
        if (recipient.Domain.Length is 0) return new SourceAnswer.None("an address without a domain is in no directory");
        string[] names = [.. Ascii.IsValid(address) ? [address] : Array.Empty<string>(), .. settings.DomainEntries ? RecipientNames.DomainAuthorities(recipient) : []];
        if (names.Length is 0) return new SourceAnswer.None("an address outside ASCII is in no directory");
        var search = Question(names);
        await connections.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AskAsync(search, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            connections.Release();
        }
    }

    public void Dispose() => connections.Dispose();

    private LdapSearch Question(string[] names)
    {
        var equal = names.SelectMany(_ => settings.AddressAttributes, LdapFilter (name, attribute) => new LdapFilter.Equal(attribute, name)).ToImmutableArray();
        return new LdapSearch(settings.Base, true, equal.Length is 1 ? equal[0] : new LdapFilter.Any(equal), settings.CertificateAttributes, settings.MostEntries, settings.MostOctets);
    }

    private async Task<SourceAnswer> AskAsync(LdapSearch search, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        foreach (var server in settings.Servers)
        {
            // Those who waited for a place hear of it as well: what swallows one question swallows them all.
            if (silent.Why(server) is { } still)
            {
                faults.Add($"{server}: {still}");
                continue;
            }

            try
            {
                var secret = settings.BindName.Length > 0 ? settings.BindSecret!() : default;
                // RFC 4513 §5.1.2: a name without a secret would be nobody, and look like somebody.
                if (settings.BindName.Length > 0 && secret.IsEmpty) return new SourceAnswer.Unavailable("there is no secret to bind with");
                var result = await client.SearchAsync(server, settings.BindName, secret, search, cancellationToken).ConfigureAwait(false);
                ImmutableArray<FoundCertificate> certificates =
                    [.. result.Values.Where(v => IsAskedFor(v.Attribute)).DistinctBy(v => Convert.ToBase64String(v.Octets.Span)).Select(v => new FoundCertificate(v.Octets, Name))];
                if (certificates.Length > 0) return new SourceAnswer.Found(certificates);
                return new SourceAnswer.None($"nothing matches {search.Filter} below {search.Base}{(result.HasReferrals ? "; the directory refers to others, which are not asked" : "")}");
            }
            catch (LdapException fault)
            {
                if (fault.IsSilence) silent.Add(server, fault.Message);
                faults.Add($"{server}: {fault.Message}");
            }
        }

        return new SourceAnswer.Unavailable(string.Join("; ", faults));
    }

    // A server may say the attribute with other options, or in other case, than it was asked.
    private bool IsAskedFor(string attribute) => settings.CertificateAttributes.Any(a => Bare(a).Equals(Bare(attribute), StringComparison.OrdinalIgnoreCase));

    private static string Bare(string attribute) => attribute.Split(';')[0];

    private static void Check(DirectorySettings settings)
    {
        if (settings.Servers.IsDefaultOrEmpty || settings.Servers.Any(s => s.Host.Length is 0 || s.Port is < 1 or > 65_535)) throw new ArgumentException("a directory needs servers", nameof(settings));
        if (settings.TlsAnchors.IsDefaultOrEmpty) throw new ArgumentException("a directory needs an anchor for TLS", nameof(settings));
        if (settings.AddressAttributes.Length is < 1 or > 8 || settings.CertificateAttributes.Length is < 1 or > 8) throw new ArgumentException("a directory needs one to eight attributes of each kind", nameof(settings));
        if (settings.BindName.Length > 0 && settings.BindSecret is null) throw new ArgumentException("a name to bind with needs a secret", nameof(settings));
        if (settings.TimeLimit < TimeSpan.FromMilliseconds(100) || settings.TimeLimit > TimeSpan.FromSeconds(60)) throw new ArgumentException("the time limit is 100 ms to 60 s", nameof(settings));
        if (settings.PauseAfterSilence < TimeSpan.Zero || settings.PauseAfterSilence > TimeSpan.FromMinutes(10)) throw new ArgumentException("a silent server is left alone for 0 to 10 min", nameof(settings));
        if (settings.MostEntries is < 1 or > 1_000) throw new ArgumentException("the limit of entries is 1 to 1000", nameof(settings));
        if (settings.MostOctets is < 4_096 or > 16 << 20) throw new ArgumentException("the limit of octets is 4 KiB to 16 MiB", nameof(settings));
        if (settings.Connections is < 1 or > 64) throw new ArgumentException("1 to 64 connections", nameof(settings));
    }
}
