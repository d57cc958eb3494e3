using System.Collections.Immutable;
using MilSwitch.Host.Configuration;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Status;

namespace MilSwitch.Host.Running;

/// <summary>
/// The finder of one security domain with all that it asks. Who uses it enters and leaves; what it holds ends with the last of
/// them. The configuration that it belongs to counts as one. Thread-safe.
/// </summary>
internal sealed class DomainFinder
{
    private readonly Lock gate = new();
    private readonly ImmutableArray<ICertificateSource> sources;
    private int users = 1;

    /// <param name="settings">The domain's.</param>
    /// <param name="make">Makes a source.</param>
    /// <param name="time">The clock.</param>
    public DomainFinder(FindingConfiguration settings, Func<FindingConfiguration, FindingSource, ICertificateSource> make, TimeProvider time)
    {
        sources = [.. settings.Sources.Select(s => make(settings, s))];
        Status = settings.Status is { } status ? new StatusFetcher(status, time) : null;
        Finder = new CertificateFinder(settings.Finder, sources, Status, time);
    }

    public CertificateFinder Finder { get; }

    /// <summary>Null: nothing is fetched.</summary>
    public StatusFetcher? Status { get; }

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
}
