using System.Collections.Immutable;
using MilSwitch.Host.Configuration;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Status;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Host.Running;

/// <summary>
/// The finder of one security domain with all that it asks. Who uses it enters and leaves; what it holds ends with the last of
/// them. The configuration that it belongs to counts as one. Thread-safe.
/// </summary>
internal sealed class DomainFinder
{
    private readonly Lock gate = new();
    private readonly ImmutableArray<ICertificateSource> sources;
    private volatile IReadOnlyList<RevocationList> lists = [];
    private int users = 1;

    /// <param name="settings">The domain's.</param>
    /// <param name="make">Makes a source.</param>
    /// <param name="time">The clock.</param>
    public DomainFinder(FindingConfiguration settings, Func<FindingConfiguration, FindingSource, ICertificateSource> make, TimeProvider time)
    {
        Harvests = settings.Sources.Any(s => s is FindingSource.Harvest);
        sources = [.. settings.Sources.Select(s => make(settings, s))];
        Status = settings.Status is { } status ? new StatusFetcher(status, time) : null;
        Finder = new CertificateFinder(settings.Finder, sources, Status, time);
    }

    public CertificateFinder Finder { get; }

    /// <summary>Null: nothing is fetched.</summary>
    public StatusFetcher? Status { get; }

    /// <summary>What came with mail of the domain is kept.</summary>
    public bool Harvests { get; }

    /// <summary>The revocation lists at hand; the same object until one of them changes.</summary>
    public IReadOnlyList<RevocationList> Lists => lists;

    /// <summary>Until lists were fetched those of the predecessor count: a reload must not bring back who was revoked.</summary>
    public void Follow(DomainFinder predecessor)
    {
        if (Status is not null) lists = predecessor.Lists;
    }

    /// <summary>Fetches lists that are due.</summary>
    /// <returns>Places that gave none.</returns>
    public async ValueTask<ImmutableArray<StatusFailure>> RefreshAsync(CancellationToken cancellationToken)
    {
        if (Status is null) return [];
        var failures = await Status.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var now = Status.Lists;
        RevocationList[] next = failures.IsEmpty ? [.. now] : [.. now, .. Lists.Where(l => !now.Any(n => n.Issuer.Equals(l.Issuer)))];
        if (!Names(next).SequenceEqual(Names(Lists), StringComparer.Ordinal)) lists = next;
        return failures;
    }

    /// <summary>False: it has ended.</summary>
    public bool TryEnter()
    {
        lock (gate)
        {
            if (users is 0) return false;
            users++;
            return true;
        }
    }

    /// <summary>Who entered leaves; the last one ends it.</summary>
    public void Leave()
    {
        lock (gate)
        {
            if (--users > 0) return;
        }

        foreach (var source in sources.OfType<IDisposable>()) source.Dispose();
        Status?.Dispose();
    }

    private static IEnumerable<string> Names(IEnumerable<RevocationList> lists) => lists.Select(l => l.Thumbprint).Order(StringComparer.Ordinal);
}
