using System.Collections.Concurrent;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Spool;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Harvest;

namespace MilSwitch.Host.Running;

/// <summary>The certificates that came with mail, a store for each security domain, kept in the node's store. They outlive reloads. Thread-safe.</summary>
/// <param name="spool">Keeps them.</param>
/// <param name="time">The clock.</param>
public sealed class HarvestDesk(ISpool spool, TimeProvider time) : IDisposable
{
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

    public void Dispose()
    {
        foreach (var store in open.Values) store.Dispose();
        opening.Dispose();
    }

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
