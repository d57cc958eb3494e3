using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using DnsClient;
using DnsClient.Protocol;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Lookup.Finding.Dns;

/// <summary>
/// Certificates and associations in DNS (RFC 8162). Only what the resolver calls secure counts; what is bogus is no answer, what
/// is not signed is none. Questions go by TCP (§7). Thread-safe.
/// </summary>
public sealed class SmimeaSource : ICertificateSource
{
    private const QueryType Smimea = (QueryType)53;
    private const int HashOctets = 28;
    private const int MostRecordOctets = 32 << 10;

    private readonly SmimeaSettings settings;
    private readonly LookupClient dns;

    /// <exception cref="ArgumentException">A setting is outside its range, or a resolver is reached by a way that is not trusted.</exception>
    public SmimeaSource(SmimeaSettings settings)
    {
        if (settings.Resolvers.IsDefaultOrEmpty) throw new ArgumentException("SMIMEA needs a validating resolver", nameof(settings));
        if (!settings.TrustsPath && settings.Resolvers.Any(r => !IPAddress.IsLoopback(r.Address)))
            throw new ArgumentException("the word of a resolver that is not on this machine can be forged on the way", nameof(settings));
        if (settings.TimeLimit < TimeSpan.FromMilliseconds(100) || settings.TimeLimit > TimeSpan.FromSeconds(30)) throw new ArgumentException("the time limit is 100 ms to 30 s", nameof(settings));
        if (settings.MostRecords is < 1 or > 64) throw new ArgumentException("the limit of records is 1 to 64", nameof(settings));
        this.settings = settings;
        Name = "smimea:" + settings.Name;
        dns = new LookupClient(new LookupClientOptions([.. settings.Resolvers])
        {
            Timeout = settings.TimeLimit,
            // A connection that was kept may have been closed meanwhile.
            Retries = 1,
            // The finder keeps answers, together with those of other sources.
            UseCache = false,
            UseTcpOnly = true,
            ThrowDnsErrors = false,
            ContinueOnDnsError = false,
            // RFC 4035 §3.2.3: without DO in the question a server need not set AD in the answer.
            RequestDnsSecRecords = true,
        });
    }

    public string Name { get; }

    public bool Constrains => settings.Constrains;

    /// <summary>The name under which a recipient's records stand (RFC 8162 §3). The local part is taken to the letter (§4).</summary>
    public static string Owner(Mailbox recipient) =>
        $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(recipient.LocalPart)).AsSpan(0, HashOctets))}._smimecert.{recipient.Domain}";

    public async ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
    {
        if (recipient.Domain.Length is 0 || recipient.Domain[0] is '[') return new SourceAnswer.None("the address has no domain name");
        try
        {
            return Judge(await dns.QueryAsync(Owner(recipient), Smimea, cancellationToken: cancellationToken).ConfigureAwait(false));
        }
        catch (DnsResponseException fault)
        {
            return new SourceAnswer.Unavailable($"no usable answer from a resolver: {fault.Code}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SourceAnswer.Unavailable("no answer from a resolver in time");
        }
        catch (Exception fault) when (fault is ArgumentException or IndexOutOfRangeException or InvalidOperationException)
        {
            // A name too long for DNS, or an answer that can't be read.
            return new SourceAnswer.Unavailable("the question or the answer has no form that DNS knows");
        }
    }

    private SourceAnswer Judge(IDnsQueryResponse response)
    {
        var code = response.Header.ResponseCode;
        // What a validating resolver finds bogus it answers with a server failure (RFC 4035 §5.5).
        if (code is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain)) return new SourceAnswer.Unavailable($"the resolver answers {code}");
        if (response.Header.ResultTruncated) return new SourceAnswer.Unavailable("the resolver's answer is cut off");
        if (!response.Header.IsAuthenticData) return new SourceAnswer.None("the domain is not signed, or the resolver does not validate");
        var records = response.Answers.OfType<UnknownRecord>().Where(r => (int)r.RecordType == (int)Smimea).ToArray();
        if (records.Length > settings.MostRecords) return new SourceAnswer.Unavailable("there are more records than are looked at");
        var associations = records.Select(Read).OfType<CertificateAssociation>().ToImmutableArray();
        // Records that nobody here understands still say that the domain speaks of the address: nothing is found that they might not allow.
        if (associations.IsEmpty) return records.Length > 0 ? new SourceAnswer.Unavailable("there are records, and none that is understood") : new SourceAnswer.None();
        var least = TimeSpan.FromSeconds(response.Answers.Min(r => r.InitialTimeToLive));
        return new SourceAnswer.Found([.. associations.Where(a => !a.IsAboutAuthority).Where(IsWhole).Select(a => new FoundCertificate(a.Data, Name))])
        {
            Associations = associations, GoodFor = least, Authorities = [.. associations.Where(a => a.IsAboutAuthority).Where(IsWhole).Select(a => a.Data)],
        };
    }

    // Only a whole certificate can be encrypted to; a bare key or a digest says which of those found elsewhere are meant.
    private static bool IsWhole(CertificateAssociation association) => association is { Selector: 0, Matching: 0 };

    private CertificateAssociation? Read(UnknownRecord record)
    {
        // RFC 6698 §2.1.
        var data = record.Data.ToArray();
        if (data.Length is < 4 or > MostRecordOctets || data[0] > 3 || data[1] > 1 || data[2] > 2) return null;
        if ((data[2] is 1 && data.Length - 3 != SHA256.HashSizeInBytes) || (data[2] is 2 && data.Length - 3 != SHA512.HashSizeInBytes)) return null;
        var association = new CertificateAssociation(data[0], data[1], data[2], data.AsMemory(3)) { StandsAlone = settings.StandsAlone && data[0] >= 2 };
        return !IsWhole(association) || IsCertificate(association.Data) ? association : null;
    }

    private static bool IsCertificate(ReadOnlyMemory<byte> data)
    {
        try
        {
            Certificate.Read(data);
            return true;
        }
        catch (CmsFormatException)
        {
            return false;
        }
    }
}
