using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Lookup.Finding.Web;

/// <summary>
/// Certificates of a store behind HTTPS, by the attribute <c>email</c> (RFC 4387 §2). An answer is anything that
/// <see cref="CertificateFile"/> reads: one certificate, PEM, a certs-only message. Thread-safe.
/// </summary>
public sealed class HttpSource : ICertificateSource, IDisposable
{
    private readonly HttpSettings settings;
    private readonly BoundedHttp http;

    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public HttpSource(HttpSettings settings, TimeProvider time)
    {
        if (settings.Address is not { IsAbsoluteUri: true, Scheme: "https", UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }) throw new ArgumentException("the address is one of https, without user, query and fragment", nameof(settings));
        if (settings.TlsAnchors.IsDefaultOrEmpty) throw new ArgumentException("a store needs an anchor for TLS", nameof(settings));
        if (settings.TimeLimit < TimeSpan.FromMilliseconds(100) || settings.TimeLimit > TimeSpan.FromSeconds(60)) throw new ArgumentException("the time limit is 100 ms to 60 s", nameof(settings));
        if (settings.MostOctets is < 1_024 or > 16 << 20) throw new ArgumentException("the limit of octets is 1 KiB to 16 MiB", nameof(settings));
        this.settings = settings;
        Name = "http:" + settings.Name;
        http = new BoundedHttp(TlsTrust.Anchors(settings.TlsAnchors), time, settings.TimeLimit, settings.MostOctets);
    }

    public string Name { get; }

    public async ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
    {
        if (recipient.Domain.Length is 0) return new SourceAnswer.None("an address without a domain is in no store");
        try
        {
            foreach (var address in RecipientNames.DomainAuthorities(recipient).Take(settings.DomainEntries ? int.MaxValue : 0).Prepend(RecipientNames.Canonical(recipient)))
            {
                var answer = await http.FetchAsync(new Uri($"{settings.Address.AbsoluteUri}?email={Uri.EscapeDataString(address)}"), null, "", cancellationToken).ConfigureAwait(false);
                if (answer is not { } octets) continue;
                var certificates = CertificateFile.Read(octets).Certificates;
                // Copies: answers are kept, the whole of what the server sent is not.
                ImmutableArray<FoundCertificate> found = [.. certificates.Where(c => !c.IsAuthority).Select(c => new FoundCertificate(c.Encoded.ToArray(), Name))];
                if (found.Length > 0) return new SourceAnswer.Found(found) { Authorities = [.. certificates.Where(c => c.IsAuthority).Select(c => (ReadOnlyMemory<byte>)c.Encoded.ToArray())] };
            }

            return new SourceAnswer.None();
        }
        catch (FetchException fault)
        {
            return new SourceAnswer.Unavailable(fault.Message);
        }
        catch (CmsFormatException fault)
        {
            return new SourceAnswer.Unavailable($"its answer can't be read: {fault.Message}");
        }
    }

    public void Dispose() => http.Dispose();
}
