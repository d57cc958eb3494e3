using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Status;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Lookup.Finding;

/// <summary>
/// Finds certificates to encrypt to, for one security domain: asks its sources in their order and judges what they give by the
/// anchors of that domain alone. The first source with a certificate that may be used ends the search. Answers of sources are
/// kept, verdicts for no longer than a minute: a certificate that is known to be revoked is out at the next question, one that has
/// expired a minute later at most. Thread-safe.
/// </summary>
public sealed class CertificateFinder
{
    private readonly ImmutableArray<ICertificateSource> sources;
    private readonly FinderSettings settings;
    private readonly AnswerCache answers;
    private readonly CandidateJudge judge;

    /// <param name="settings">How to judge, and for how long answers are kept.</param>
    /// <param name="sources">In the order in which they are asked; each once.</param>
    /// <param name="status">Knows who is revoked, beside what the trust material holds; null: nobody does.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public CertificateFinder(FinderSettings settings, ImmutableArray<ICertificateSource> sources, IStatusSource? status, TimeProvider time)
    {
        Check(settings);
        if (sources.IsDefault || sources.Distinct().Count() != sources.Length) throw new ArgumentException("each source once", nameof(sources));
        (this.settings, this.sources) = (settings, sources);
        answers = new AnswerCache(settings, time);
        judge = new CandidateJudge(settings, status, time);
    }

    /// <summary>How many answers are kept now.</summary>
    public int Kept => answers.Count;

    /// <summary>Finds what mail for the recipient may be encrypted to. Never throws for what sources hold or do not say.</summary>
    public async ValueTask<FinderAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
    {
        var search = new Search();
        // Whose word binds the others is asked in any case; each is asked once, because its answer is kept for the length of this search.
        var known = new Dictionary<ICertificateSource, SourceAnswer>();
        foreach (var source in sources.Where(s => s.Constrains)) known[source] = await AskAsync(source).ConfigureAwait(false);
        ImmutableArray<CertificateAssociation> binding = [.. known.Values.OfType<SourceAnswer.Found>().SelectMany(f => f.Associations)];
        if (known.Values.Any(a => a is SourceAnswer.Unavailable)) return search.End();
        ImmutableArray<ReadOnlyMemory<byte>> published = [.. known.Values.OfType<SourceAnswer.Found>().SelectMany(f => f.Authorities)];

        foreach (var source in sources)
        {
            if (!known.TryGetValue(source, out var answer)) answer = await AskAsync(source).ConfigureAwait(false);
            if (answer is not SourceAnswer.Found found) continue;
            // Of a source that does not bind the others, records count for what it carries itself.
            var associations = source.Constrains ? binding : [.. binding, .. found.Associations];
            Certificate[] authorities = [.. found.Authorities.Concat(published).Select(Read).OfType<Certificate>().Distinct()];
            foreach (var candidate in found.Certificates.Take(settings.MostCandidates))
                search.Add(await judge.JudgeAsync(candidate, recipient, associations, authorities, cancellationToken).ConfigureAwait(false));
            foreach (var beyond in found.Certificates.Skip(settings.MostCandidates)) search.Add(Judgement.No(beyond, "", Rejection.Unreadable, "the source has more than are looked at"));
            if (search.HasAccepted) break;
        }

        return search.End();

        async ValueTask<SourceAnswer> AskAsync(ICertificateSource source)
        {
            var kept = await answers.AskAsync(source, recipient, cancellationToken).ConfigureAwait(false);
            search.Hear(source, kept);
            return kept.Answer;
        }
    }

    /// <summary>Forgets what sources said of a recipient: the next question asks them again.</summary>
    public void Forget(Mailbox recipient) => answers.Forget(recipient);

    private static Certificate? Read(ReadOnlyMemory<byte> der)
    {
        try
        {
            return Certificate.Read(der);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    private static void Check(FinderSettings settings)
    {
        if (settings.KeepFound < TimeSpan.Zero || settings.KeepFound > TimeSpan.FromDays(7)) throw new ArgumentException("answers are kept for 0 to 7 d", nameof(settings));
        if (settings.KeepNone < TimeSpan.Zero || settings.KeepNone > TimeSpan.FromDays(1)) throw new ArgumentException("that there is nothing is kept for 0 to 1 d", nameof(settings));
        if (settings.KeepUnavailable < TimeSpan.Zero || settings.KeepUnavailable > TimeSpan.FromMinutes(10)) throw new ArgumentException("a silent source is left alone for 0 to 10 min", nameof(settings));
        if (settings.AgeLimit < settings.KeepFound || settings.AgeLimit > TimeSpan.FromDays(30)) throw new ArgumentException("the age limit is at least the time that answers are kept, and at most 30 d", nameof(settings));
        if (settings.MostKept is < 1 or > 1_000_000) throw new ArgumentException("1 to 1,000,000 answers are kept", nameof(settings));
        if (settings.MostKeptOctets is < 1L << 20 or > 16L << 30) throw new ArgumentException("1 MiB to 16 GiB of answers are kept", nameof(settings));
        if (settings.SourceLimit < TimeSpan.FromMilliseconds(100) || settings.SourceLimit > TimeSpan.FromSeconds(120)) throw new ArgumentException("a source has 100 ms to 120 s", nameof(settings));
        if (settings.MostCandidates is < 1 or > 256) throw new ArgumentException("1 to 256 certificates are judged", nameof(settings));
    }

    private sealed class Search
    {
        private readonly List<AcceptedCertificate> accepted = [];
        private readonly ImmutableArray<RejectedCertificate>.Builder rejected = ImmutableArray.CreateBuilder<RejectedCertificate>();
        private readonly List<string> notes = [];
        private readonly List<string> silent = [];

        public bool HasAccepted => accepted.Count > 0;

        public void Hear(ICertificateSource source, KeptAnswer kept)
        {
            if (kept.Note is { } note) notes.Add(note);
            if (kept.Answer is SourceAnswer.None { Detail.Length: > 0 } none) notes.Add($"{source.Name}: {none.Detail}");
            if (kept.Answer is SourceAnswer.Unavailable unavailable) silent.Add($"{source.Name}: {unavailable.Reason}");
        }

        public void Add(Judgement judgement)
        {
            notes.AddRange(judgement.Notes);
            if (judgement.Accepted is { } yes) accepted.Add(yes);
            if (judgement.Rejected is not { } no) return;
            rejected.Add(no);
            if (judgement.IsForNow) silent.Add($"{no.Found.Source}: whether {no.Subject} is revoked is not known");
        }

        public FinderAnswer End()
        {
            FinderAnswer answer = accepted.Count > 0 ? new FinderAnswer.Found([.. Best()]) : silent.Count > 0 ? new FinderAnswer.Unavailable([.. silent.Distinct()]) : new FinderAnswer.None();
            return answer with { Rejected = rejected.ToImmutable(), Notes = [.. notes.Distinct()] };
        }

        private IEnumerable<AcceptedCertificate> Best() =>
            accepted.DistinctBy(a => a.Certificate).OrderByDescending(a => a.Domain?.Length ?? int.MaxValue).ThenByDescending(a => a.Certificate.NotAfter).ThenBy(a => a.Certificate.Thumbprint, StringComparer.Ordinal);
    }
}
