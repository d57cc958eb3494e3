using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Protection;
using MilSwitch.Host.Configuration;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Status;

namespace MilSwitch.Host.Running;

/// <summary>
/// Finds certificates of recipients: one finder for each security domain that names sources, and none knows of another. A reload
/// replaces them all; a search under way ends with the finder that it began with. Once a minute it has revocation lists that are due
/// fetched, so that mail does not wait for them. Thread-safe.
/// </summary>
public sealed partial class CertificateFinding : BackgroundService, IRecipientCertificates
{
    private const int MostReasons = 4;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly HarvestDesk harvest;
    private readonly TimeProvider time;
    private readonly ILogger<CertificateFinding> logger;
    private readonly Meter meter = new("MilSwitch.Lookup");
    private readonly Counter<long> questions;
    private readonly Counter<long> searches;
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
        finders = next;
        foreach (var old in before.Values) old.Leave();
    }

    public async ValueTask<RecipientCertificateAnswer> FindAsync(string domain, Mailbox recipient, CancellationToken cancellationToken)
    {
        if (Enter(domain) is not { } finder) return new RecipientCertificateAnswer.Unavailable($"no certificates are looked for in domain '{domain}' now");
        // Whoever waits no longer leaves a search that uses what it uses until it ends.
        var answer = await SearchAsync(finder, recipient).WaitAsync(cancellationToken).ConfigureAwait(false);
        searches.Add(1, new("domain", domain), new("outcome", Word(answer)));
        return Told(answer);
    }

    /// <summary>What is known now about who of a domain's issuers revoked whom; null: the domain fetches nothing.</summary>
    /// <param name="domain">The security domain's name.</param>
    internal StatusFetcher? StatusOf(string domain) => finders.GetValueOrDefault(domain)?.Status;

    public override void Dispose()
    {
        base.Dispose();
        Use([]);
        meter.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        var told = ImmutableHashSet<string>.Empty;
        try
        {
            do
            {
                var failing = ImmutableHashSet.CreateBuilder<string>();
                foreach (var domain in finders.Keys)
                {
                    foreach (var failure in await RefreshAsync(domain, stoppingToken).ConfigureAwait(false))
                    {
                        if (failing.Add($"{domain} {failure.Place}") && !told.Contains($"{domain} {failure.Place}")) NoStatus(domain, failure.Place, failure.Reason);
                    }
                }

                told = failing.ToImmutable();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async ValueTask<ImmutableArray<StatusFailure>> RefreshAsync(string domain, CancellationToken cancellationToken)
    {
        if (Enter(domain) is not { } finder) return [];
        try
        {
            return finder.Status is { } status ? await status.RefreshAsync(cancellationToken).ConfigureAwait(false) : [];
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
