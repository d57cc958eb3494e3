using System.Collections.Immutable;
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
    private readonly DirectoryServers servers;
    private readonly SemaphoreSlim connections;

    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public DirectorySource(DirectorySettings settings, TimeProvider time)
    {
        Check(settings);
        this.settings = settings;
        servers = new DirectoryServers(settings.Servers, settings.TlsAnchors, settings.BindName, settings.BindSecret, settings.TimeLimit, settings.PauseAfterSilence, time);
        connections = new SemaphoreSlim(settings.Connections);
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
        try
        {
            var result = await servers.AskAsync(search.MostOctets, talk => talk.SearchAsync(search), cancellationToken).ConfigureAwait(false);
            ImmutableArray<FoundCertificate> certificates =
                [.. result.Values.Where(v => IsAskedFor(v.Attribute)).DistinctBy(v => Convert.ToBase64String(v.Octets.Span)).Select(v => new FoundCertificate(v.Octets, Name))];
            if (certificates.Length > 0) return new SourceAnswer.Found(certificates);
            return new SourceAnswer.None($"nothing matches {search.Filter} below {search.Base}{(result.HasReferrals ? "; the directory refers to others, which are not asked" : "")}");
        }
        catch (LdapException fault)
        {
            return new SourceAnswer.Unavailable(fault.Message);
        }
    }

    // A server may say the attribute with other options, or in other case, than it was asked.
    private bool IsAskedFor(string attribute) => settings.CertificateAttributes.Any(a => Bare(a).Equals(Bare(attribute), StringComparison.OrdinalIgnoreCase));

    private static string Bare(string attribute) => attribute.Split(';')[0];

    private static void Check(DirectorySettings settings)
    {
        if (settings.AddressAttributes.Length is < 1 or > 8 || settings.CertificateAttributes.Length is < 1 or > 8) throw new ArgumentException("a directory needs one to eight attributes of each kind", nameof(settings));
        if (settings.PauseAfterSilence < TimeSpan.Zero || settings.PauseAfterSilence > TimeSpan.FromMinutes(10)) throw new ArgumentException("a silent server is left alone for 0 to 10 min", nameof(settings));
        if (settings.MostEntries is < 1 or > 1_000) throw new ArgumentException("the limit of entries is 1 to 1000", nameof(settings));
        if (settings.MostOctets is < 4_096 or > 16 << 20) throw new ArgumentException("the limit of octets is 4 KiB to 16 MiB", nameof(settings));
        if (settings.Connections is < 1 or > 64) throw new ArgumentException("1 to 64 connections", nameof(settings));
    }
}
