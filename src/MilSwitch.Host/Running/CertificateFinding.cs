using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Protection;
using MilSwitch.Host.Configuration;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Status;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Host.Running;

/// <summary>
/// Finds certificates of recipients: one finder for each security domain that names sources, and none knows of another. A reload
/// replaces them all; a search under way ends with the finder that it began with. Revocation lists that are due are fetched once a
/// minute, before the node takes mail for the first time as well, so that mail does not wait for them. Thread-safe.
/// </summary>
public sealed partial class CertificateFinding : BackgroundService, IRecipientCertificates, ICertificateHarvest, IFetchedStatus
{
    private const int MostReasons = 4;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly HarvestDesk harvest;
    private readonly TimeProvider time;
    private readonly ILogger<CertificateFinding> logger;
    private readonly Meter meter = new("MilSwitch.Lookup");
    private readonly Counter<long> questions;
    private readonly Counter<long> searches;
    private readonly SemaphoreSlim changed = new(0);
    private ImmutableHashSet<string> told = [];
    private volatile ImmutableDictionary<string, DomainFinder> finders = ImmutableDictionary.Create<string, DomainFinder>(StringComparer.Ordinal);

    /// <param name="settings">Of each domain that looks for certificates.</param>
    /// <param name="harvest">What came with mail.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of places that give no revocation lists.</param>
    public CertificateFinding(ImmutableArray<FindingConfiguration> settings, HarvestDesk harvest, TimeProvider time, ILogger<CertificateFinding> logger)
    {
        (this.harvest, this.time, this.logger) = (harvest, time, logger);
        questions = meter.CreateCounter<long>("milswitch.certificate_questions", "{question}", "Questions to sources of certificates; answers that were kept are none.");
        searches = meter.CreateCounter<long>("milswitch.certificate_searches", "{search}", "Searches for a recipient's certificate, by what they came to.");
        Use(settings);
    }

    /// <summary>Another configuration has other sources.</summary>
    public void Use(ImmutableArray<FindingConfiguration> settings)
    {
        // All of the new ones first: should one of them throw, nothing has changed.
        var next = settings.ToImmutableDictionary(s => s.Domain, s => new DomainFinder(s, Source, time), StringComparer.Ordinal);
        var before = finders;
        foreach (var (domain, finder) in next)
        {
            if (before.TryGetValue(domain, out var old)) finder.Follow(old);
        }

        finders = next;
        foreach (var old in before.Values) old.Leave();
        // Lists of places that are new are fetched at once.
        changed.Release();
    }

    /// <summary>Domains that keep what comes with their mail.</summary>
    public IEnumerable<string> Harvesting => finders.Where(f => f.Value.Harvests).Select(f => f.Key).Order(StringComparer.Ordinal);

    public async ValueTask<RecipientCertificateAnswer> FindAsync(string domain, Mailbox recipient, CancellationToken cancellationToken)
    {
        if (Enter(domain) is not { } finder) return new RecipientCertificateAnswer.Unavailable($"no certificates are looked for in domain '{domain}' now");
        // Whoever waits no longer leaves a search that uses what it uses until it ends.
        var answer = await SearchAsync(finder, recipient).WaitAsync(cancellationToken).ConfigureAwait(false);
        searches.Add(1, new("domain", domain), new("outcome", Word(answer)));
        return Told(answer);
    }

    public void Offer(string domain, Mailbox sender, ReadOnlyMemory<byte> certificate, bool isBelieved)
    {
        if (finders.GetValueOrDefault(domain) is { Harvests: true }) harvest.Offer(domain, sender, certificate, isBelieved);
    }

    /// <summary>Every revocation list at hand.</summary>
    public IEnumerable<RevocationList> AllLists => finders.Values.SelectMany(f => f.Lists);

    public IReadOnlyList<RevocationList> ListsOf(string domain) => finders.GetValueOrDefault(domain)?.Lists ?? [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override void Dispose()
    {
        base.Dispose();
        // Searches under way end with what they use; the container may come by more than once.
        var last = finders;
        finders = last.Clear();
        foreach (var finder in last.Values) finder.Leave();
        meter.Dispose();
        changed.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await NextAsync(stoppingToken).ConfigureAwait(false);
                await RefreshAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task NextAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LookEvery, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await changed.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is time.
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var failing = ImmutableHashSet.CreateBuilder<string>();
        foreach (var (domain, failures) in await Task.WhenAll(finders.Keys.Select(async d => (d, await RefreshAsync(d, cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false))
        {
            foreach (var failure in failures)
            {
                if (failing.Add($"{domain} {failure.Place}") && !told.Contains($"{domain} {failure.Place}")) NoStatus(domain, failure.Place, failure.Reason);
            }
        }

        told = failing.ToImmutable();
    }

    private async ValueTask<ImmutableArray<StatusFailure>> RefreshAsync(string domain, CancellationToken cancellationToken)
    {
        if (Enter(domain) is not { } finder) return [];
        try
        {
            return await finder.RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            finder.Leave();
        }
    }

    // The one that was found may have been replaced meanwhile, and then its successor is there already.
    private DomainFinder? Enter(string domain)
    {
        while (finders.GetValueOrDefault(domain) is { } finder)
        {
            if (finder.TryEnter()) return finder;
            if (finders.GetValueOrDefault(domain) == finder) return null;
        }

        return null;
    }

    private static async Task<FinderAnswer> SearchAsync(DomainFinder finder, Mailbox recipient)
    {
        try
        {
            return await finder.Finder.FindAsync(recipient, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            finder.Leave();
        }
    }

    private ICertificateSource Source(string domain, ICertificateSource source) => new CountedSource(source, domain, questions);

    private ICertificateSource Source(FindingConfiguration settings, FindingSource source) => Source(settings.Domain, source switch
    {
        FindingSource.Folder folder => new Lookup.Finding.Folders.FolderSource(folder.Settings, time),
        FindingSource.Directory directory => new Lookup.Finding.Directories.DirectorySource(directory.Settings, time),
        FindingSource.Smimea smimea => new Lookup.Finding.Dns.SmimeaSource(smimea.Settings),
        FindingSource.Https https => new Lookup.Finding.Web.HttpSource(https.Settings, time),
        FindingSource.Harvest => harvest.SourceOf(settings.Domain),
        _ => throw new ArgumentException("There is no such source.", nameof(source)),
    });

    private static RecipientCertificateAnswer Told(FinderAnswer answer) => answer switch
    {
        FinderAnswer.Found { Certificates: [var best, ..] } => new RecipientCertificateAnswer.Found(
            best.Certificate.Encoded, best.Source,
            string.Join("; ", [$"{best.Certificate.Subject}, serial {best.Certificate.SerialText}{(best.Domain is { } domain ? $", for the domain {domain}" : "")}, {best.BelievedBecause}", .. answer.Notes.Take(MostReasons)])),
        FinderAnswer.Unavailable away => new RecipientCertificateAnswer.Unavailable(string.Join("; ", away.Reasons.Take(MostReasons))),
        _ => new RecipientCertificateAnswer.None(string.Join("; ", answer.Rejected.Take(MostReasons).Select(r => $"{r.Found.Source}{(r.Subject.Length > 0 ? " " + r.Subject : "")}: {r.Detail}"))),
    };

    private static string Word(FinderAnswer answer) => answer switch
    {
        FinderAnswer.Found => "found",
        FinderAnswer.Unavailable => "unavailable",
        _ when answer.Rejected.Length > 0 => "rejected",
        _ => "none",
    };

    [LoggerMessage(5101, LogLevel.Warning, "Domain {Domain}: {Place} gives no status of certificates: {Reason}")]
    private partial void NoStatus(string domain, string place, string reason);
}
