using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DnsClient;
using DnsClient.Protocol;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Client;

/// <summary>
/// RFC 5321 §5.1 through DNS. Answers are kept for their time to live. Thread-safe.
/// </summary>
public sealed class MailExchangerResolver : IMailExchangerResolver
{
    /// <summary>More hosts than this are no redundancy but an attack on the sender.</summary>
    public const int MaximumTargets = 20;

    /// <summary>Aliases followed in a row; a longer chain is taken for a loop.</summary>
    private const int MaximumAliases = 8;

    private static readonly Reply NoSuchDomain = new(550, new EnhancedStatusCode(5, 1, 2), "the domain does not exist");
    private static readonly Reply NoHost = new(550, new EnhancedStatusCode(5, 1, 2), "the domain has no host for mail");

    /// <summary>RFC 7505 §4.2.</summary>
    private static readonly Reply NullMx = new(556, new EnhancedStatusCode(5, 1, 10), "the domain takes no mail");
    private static readonly Reply LoopsBack = new(550, new EnhancedStatusCode(5, 4, 6), "the domain's mail comes back to this host");
    private static readonly Reply Unreachable = new(451, new EnhancedStatusCode(4, 4, 3), "the domain can't be looked up now");

    private readonly LookupClient dns;
    private readonly Func<string, bool> isOwnName;
    private readonly bool trustsAuthenticData;

    /// <param name="servers">Name servers to ask; empty: those of the system.</param>
    /// <param name="timeout">Per question and server; questions are asked twice.</param>
    /// <param name="isOwnName">
    /// Tells this switch's own names: mail must not go to hosts of its own preference or worse (RFC 5321 §5.1).
    /// </param>
    /// <param name="trustsAuthenticData">
    /// The servers check DNSSEC and are reached by a way that nobody can write to, so that their AD bit is believed (RFC 4035
    /// §4.9.3). Otherwise every host found through MX is unauthenticated.
    /// </param>
    public MailExchangerResolver(
        IReadOnlyCollection<IPEndPoint> servers, TimeSpan timeout, Func<string, bool>? isOwnName = null, bool trustsAuthenticData = false)
    {
        var options = servers.Count > 0 ? new LookupClientOptions([.. servers]) : new LookupClientOptions();
        options.Timeout = timeout;
        options.Retries = 1;
        options.UseCache = true;
        options.ThrowDnsErrors = false;
        // RFC 4035 §3.2.3: without DO in the question a server need not set AD in the answer.
        options.RequestDnsSecRecords = trustsAuthenticData;
        dns = new LookupClient(options);
        this.trustsAuthenticData = trustsAuthenticData;
        this.isOwnName = isOwnName ?? (static _ => false);
    }

    /// <summary>Never throws for what a name server says or does not say.</summary>
    public async ValueTask<MailExchangers> ResolveAsync(string domain, int port, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(domain, out _)) return Found([new HopTarget(domain, port)]);
        try
        {
            var answer = await AskAsync(domain, QueryType.MX, cancellationToken);
            if (answer.Fault is { } fault) return Failed(fault);
            var exchangers = answer.Records.MxRecords().ToList();
            // Without MX the host is the domain itself, which the certificate answers for, unless aliases led elsewhere.
            if (exchangers.Count == 0)
                return await ImplicitAsync(answer.Name, port, !answer.Authentic && !Same(answer.Name, domain), cancellationToken);
            if (exchangers.TrueForAll(m => m.Exchange.Value is ".")) return Failed(NullMx);
            return Ranked(exchangers, port, !answer.Authentic);
        }
        catch (DnsResponseException)
        {
            return Failed(Unreachable);
        }
    }

    /// <summary>
    /// Addresses of a host, for <see cref="TcpSmtpTransport"/>: from the name servers, else from the system (its hosts file).
    /// Throws <see cref="SocketException"/> when there are none.
    /// </summary>
    public async ValueTask<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            var found = new List<IPAddress>();
            var first = await AskAsync(host, QueryType.A, cancellationToken);
            found.AddRange(first.Records.ARecords().Select(r => r.Address));
            var second = await AskAsync(host, QueryType.AAAA, cancellationToken);
            found.AddRange(second.Records.AaaaRecords().Select(r => r.Address));
            if (found.Count == 0 && (first.Fault == Unreachable || second.Fault == Unreachable)) throw new SocketException((int)SocketError.TryAgain);
            return found.Count > 0 ? [.. found] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (DnsResponseException e)
        {
            throw new SocketException((int)SocketError.TryAgain, e.Message);
        }
    }

    private static MailExchangers Found(ImmutableArray<HopTarget> targets) => new(targets, null, false);

    private static MailExchangers Failed(Reply fault) => new([], fault, fault.IsTransient);

    private MailExchangers Ranked(List<MxRecord> exchangers, int port, bool unauthenticated)
    {
        var shuffled = exchangers
            .Select(m => new HopTarget(m.Exchange.Value.TrimEnd('.'), port, m.Preference) { IsUnauthenticated = unauthenticated }).ToArray();
        // RFC 5321 §5.1: equal ones at random, to spread the load. The names come from whoever runs the domain.
        RandomNumberGenerator.Shuffle(shuffled.AsSpan());
        var own = shuffled.Where(t => isOwnName(t.Host)).Select(t => t.Preference).DefaultIfEmpty(int.MaxValue).Min();
        var usable = shuffled
            .Where(t => Mailbox.TryReadDomain(t.Host, out _) && !t.Host.StartsWith('['))
            .OrderBy(t => t.Preference)
            .DistinctBy(t => t.Host.ToLowerInvariant())
            .Where(t => t.Preference < own)
            .Take(MaximumTargets)
            .ToImmutableArray();
        if (usable.Length > 0) return Found(usable);
        return Failed(own == int.MaxValue ? NoHost : LoopsBack);
    }

    // RFC 5321 §5.1: no MX at all, so the domain itself is the host, if it has an address.
    private async ValueTask<MailExchangers> ImplicitAsync(string domain, int port, bool unauthenticated, CancellationToken cancellationToken)
    {
        var temporary = false;
        foreach (var type in new[] { QueryType.A, QueryType.AAAA })
        {
            var answer = await AskAsync(domain, type, cancellationToken);
            if (answer.Fault == NoSuchDomain) return Failed(NoSuchDomain);
            if (answer.Records.Any(r => r is AddressRecord))
                return isOwnName(domain) ? Failed(LoopsBack) : Found([new HopTarget(domain, port) { IsUnauthenticated = unauthenticated }]);
            temporary = temporary || answer.Fault is not null;
        }

        return Failed(temporary ? Unreachable : NoHost);
    }

    /// <summary>Asks, and follows aliases whose target the server did not add itself.</summary>
    private async ValueTask<Answer> AskAsync(string name, QueryType type, CancellationToken cancellationToken)
    {
        var authentic = trustsAuthenticData;
        for (var aliases = 0; aliases <= MaximumAliases; aliases++)
        {
            var response = await dns.QueryAsync(name, type, cancellationToken: cancellationToken);
            if (response.Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain) return new Answer(name, [], NoSuchDomain, false);
            if (response.HasError) return new Answer(name, [], Unreachable, false);
            authentic = authentic && response.Header.IsAuthenticData;
            if (response.Answers.Any(r => (int)r.RecordType == (int)type)) return new Answer(name, response.Answers, null, authentic);
            if (Alias(response.Answers, name) is not { } target) return new Answer(name, [], null, authentic);
            name = target;
        }

        return new Answer(name, [], Unreachable, false);
    }

    /// <summary>The end of the aliases in one answer; null when there are none.</summary>
    private static string? Alias(IReadOnlyList<DnsResourceRecord> answers, string name)
    {
        string? end = null;
        for (var i = 0; i < answers.Count; i++)
        {
            var next = answers.CnameRecords().FirstOrDefault(c => Same(c.DomainName.Value, end ?? name));
            if (next is null) break;
            end = next.CanonicalName.Value.TrimEnd('.');
        }

        return end;
    }

    private static bool Same(string one, string other) =>
        one.AsSpan().TrimEnd('.').Equals(other.AsSpan().TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private readonly record struct Answer(string Name, IReadOnlyList<DnsResourceRecord> Records, Reply? Fault, bool Authentic);
}
