using System.Collections.Concurrent;
using System.Threading.Channels;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Spool;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Harvest;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Host.Running;

/// <summary>
/// The certificates that came with mail, a store for each security domain, kept in the node's store. They outlive reloads. What is
/// offered is kept by and by, so that mail does not wait for it; what there is no room for then comes again with other mail. Thread-safe.
/// </summary>
/// <param name="spool">Keeps them.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of what could not be kept.</param>
public sealed partial class HarvestDesk(ISpool spool, TimeProvider time, ILogger<HarvestDesk> logger) : BackgroundService
{
    private const int MostWaiting = 256;
    private const int MostOctets = 16 << 10;

    private readonly Channel<Offered> offered = Channel.CreateBounded<Offered>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly ConcurrentDictionary<string, HarvestStore> open = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim opening = new(1);

    /// <summary>The store of a domain.</summary>
    /// <exception cref="IOException">It can't be read now.</exception>
    public async ValueTask<HarvestStore> OfAsync(string domain, CancellationToken cancellationToken)
    {
        if (open.TryGetValue(domain, out var store)) return store;
        await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (open.TryGetValue(domain, out var other)) return other;
            var made = await HarvestStore.OpenAsync(new HarvestSettings { Name = domain }, new SpoolShelf(spool, domain), time, cancellationToken).ConfigureAwait(false);
            open[domain] = made;
            return made;
        }
        finally
        {
            opening.Release();
        }
    }

    /// <summary>What a domain's store has, as a source for its finder.</summary>
    public ICertificateSource SourceOf(string domain) => new Source(this, domain);

    /// <summary>Offers a certificate of a sender; returns at once.</summary>
    public void Offer(string domain, Mailbox sender, ReadOnlyMemory<byte> certificate, bool isBelieved)
    {
        if (certificate.Length <= MostOctets) offered.Writer.TryWrite(new Offered(domain, sender, certificate.ToArray(), isBelieved));
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var store in open.Values) store.Dispose();
        opening.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var one in offered.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false)) await KeepAsync(one, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task KeepAsync(Offered one, CancellationToken cancellationToken)
    {
        try
        {
            var store = await OfAsync(one.Domain, cancellationToken).ConfigureAwait(false);
            await store.OfferAsync(Certificate.Read(one.Certificate), one.Sender, one.IsBelieved, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or CmsFormatException)
        {
            NotKept(one.Domain, fault.Message);
        }
    }

    [LoggerMessage(5102, LogLevel.Warning, "Domain {Domain}: a certificate that came with mail was not kept: {Reason}")]
    private partial void NotKept(string domain, string reason);

    private readonly record struct Offered(string Domain, Mailbox Sender, byte[] Certificate, bool IsBelieved);

    // The store is opened when somebody asks for the first time.
    private sealed class Source(HarvestDesk desk, string domain) : ICertificateSource
    {
        public string Name => "harvest";

        public bool IsLocal => true;

        public async ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
        {
            try
            {
                var answer = await new HarvestSource(await desk.OfAsync(domain, cancellationToken).ConfigureAwait(false)).FindAsync(recipient, cancellationToken).ConfigureAwait(false);
                return answer is SourceAnswer.Found found ? found with { Certificates = [.. found.Certificates.Select(c => c with { Source = Name })] } : answer;
            }
            catch (IOException)
            {
                return new SourceAnswer.Unavailable("what came with mail can't be read");
            }
        }
    }

    // Documents of the spool: durable when the call returns, and bound to the node's data.
    private sealed class SpoolShelf(ISpool spool, string domain) : IHarvestShelf
    {
        private readonly string kind = "harvest:" + domain;

        public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
        {
            try
            {
                return [.. (await spool.ListDocumentsAsync(kind, cancellationToken).ConfigureAwait(false)).Select(d => d.Json)];
            }
            catch (SpoolUnavailableException fault)
            {
                throw new IOException("the store can't be read", fault);
            }
        }

        public async ValueTask PutAsync(string id, string json, CancellationToken cancellationToken)
        {
            try
            {
                await spool.PutDocumentAsync(kind, id, json, cancellationToken).ConfigureAwait(false);
            }
            catch (SpoolUnavailableException fault)
            {
                throw new IOException("the store can't be written", fault);
            }
        }

        public async ValueTask RemoveAsync(string id, CancellationToken cancellationToken)
        {
            try
            {
                await spool.RemoveDocumentAsync(kind, id, cancellationToken).ConfigureAwait(false);
            }
            catch (SpoolUnavailableException fault)
            {
                throw new IOException("the store can't be written", fault);
            }
        }
    }
}
