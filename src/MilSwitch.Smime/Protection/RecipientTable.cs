using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Smime.Protection;

/// <summary>To whom a copy is encrypted: the certificates of the settings first, then what is found. Thread-safe.</summary>
/// <param name="certificates">Finds certificates; null: nobody does.</param>
/// <param name="time">Measures the limit.</param>
internal sealed class RecipientTable(IRecipientCertificates? certificates, TimeProvider time)
{
    // Each look-up may be a connection to a directory.
    private const int AtOnce = 16;

    // For all recipients of a message together; what takes longer is being asked on, and answered by the next time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private const int MostReason = 400;
    private const int MostInNote = 25;

    // What settings say is read once; they live as long as the configuration that holds them.
    private readonly ConditionalWeakTable<DepartureEncryption, RecipientDirectory> directories = [];

    /// <summary>Chooses a certificate for each recipient.</summary>
    /// <param name="order">How it is encrypted.</param>
    /// <param name="recipients">For whom.</param>
    /// <param name="now">When certificates have to be valid.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<RecipientChoice> ChooseAsync(DepartureEncryption order, ImmutableArray<Mailbox> recipients, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<int> open = [];
        var directory = directories.GetValue(order, static o => new RecipientDirectory(o.Certificates, o.AuthorityNaming));
        var listed = order.ToAll ? directory.All(now) : Listed(directory, recipients, now, out open);
        if (open.Count is 0) return listed.Count > 0 ? new RecipientChoice { To = listed } : RecipientChoice.Never("no certificate to encrypt to is valid now", []);
        if (order.FindIn is not { } domain) return RecipientChoice.Never(Missing(open, recipients, []), [.. open]);
        if (certificates is null) return RecipientChoice.Later("nothing in this node looks for certificates");

        var answers = await AskAsync(certificates, domain, open, recipients, cancellationToken).ConfigureAwait(false);
        // A message for somebody who is not answered for waits whole: those who are to be held are known when the others are.
        if (answers.Values.OfType<RecipientCertificateAnswer.Unavailable>().FirstOrDefault() is { } away) return RecipientChoice.Later("certificates can't be looked for: " + Short(away.Reason));
        int[] missing = [.. open.Where(i => answers[i] is not RecipientCertificateAnswer.Found)];
        if (missing.Length > 0) return RecipientChoice.Never(Missing(missing, recipients, answers), [.. missing]);
        try
        {
            var found = open.Select(i => (Recipient: recipients[i], Answer: (RecipientCertificateAnswer.Found)answers[i])).ToArray();
            return new RecipientChoice
            {
                To = [.. listed, .. found.DistinctBy(f => Convert.ToHexString(f.Answer.Certificate.Span)).Select(f => EnvelopedRecipient.For(RecipientCertificate.Read(f.Answer.Certificate)))],
                Notes = [.. found.GroupBy(f => f.Answer.Source).SelectMany(g => g.Chunk(MostInNote).Select(c => Note(g.Key, c)))],
            };
        }
        catch (CmsFormatException fault)
        {
            return RecipientChoice.Never("a certificate that was found can't be encrypted to: " + fault.Message, []);
        }
    }

    // Each certificate once, and who has none.
    private static List<EnvelopedRecipient> Listed(RecipientDirectory directory, ImmutableArray<Mailbox> recipients, DateTimeOffset now, out List<int> open)
    {
        var listed = new List<EnvelopedRecipient>(recipients.Length);
        var seen = new HashSet<EnvelopedRecipient>();
        open = [];
        for (var i = 0; i < recipients.Length; i++)
        {
            if (directory.Find(recipients[i], now) is not { } found) open.Add(i);
            else if (seen.Add(found)) listed.Add(found);
        }

        return listed;
    }

    // The first that is not answered for ends the search: the message waits in any case, and what was answered is kept for the next time.
    private async ValueTask<Dictionary<int, RecipientCertificateAnswer>> AskAsync(
        IRecipientCertificates from, string domain, List<int> open, ImmutableArray<Mailbox> recipients, CancellationToken cancellationToken)
    {
        var answers = new ConcurrentDictionary<int, RecipientCertificateAnswer>();
        using var limit = new CancellationTokenSource(Patience, time);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = enough.Token }, async (i, stop) =>
            {
                var answer = answers[i] = await from.FindAsync(domain, recipients[i], stop).ConfigureAwait(false);
                if (answer is RecipientCertificateAnswer.Unavailable) await enough.CancelAsync().ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (!answers.Values.Any(a => a is RecipientCertificateAnswer.Unavailable)) answers[open.First(i => !answers.ContainsKey(i))] = new RecipientCertificateAnswer.Unavailable("not all of them were answered for in time");
        }

        return new(answers);
    }

    private static string Missing(IEnumerable<int> missing, ImmutableArray<Mailbox> recipients, Dictionary<int, RecipientCertificateAnswer> answers) =>
        "no certificate to encrypt to: " + string.Join(", ", missing.Select(i =>
            answers.GetValueOrDefault(i) is RecipientCertificateAnswer.None { Reason.Length: > 0 } none ? $"{recipients[i].Text} ({Short(none.Reason)})" : recipients[i].Text));

    private static ProtectionNote Note(string source, IEnumerable<(Mailbox Recipient, RecipientCertificateAnswer.Found Answer)> found) => new(
        AuditKind.Encrypted, string.Create(CultureInfo.InvariantCulture, $"found by {source}: {string.Join("; ", found.Select(f => $"{f.Recipient.Text}: {Short(f.Answer.Because)}"))}"));

    // Names in certificates are others' words.
    private static string Short(string text)
    {
        var cut = text.Length > MostReason ? string.Concat(text.AsSpan(0, MostReason), "…") : text;
        return string.Create(cut.Length, cut, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++) to[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? '?' : from[i];
        });
    }
}

/// <summary>To whom a copy is encrypted, or why to nobody. Immutable.</summary>
internal sealed record RecipientChoice
{
    /// <summary>One at least, unless there is a refusal.</summary>
    public IReadOnlyList<EnvelopedRecipient> To { get; init; } = [];

    /// <summary>What was found, and by whom.</summary>
    public ImmutableArray<ProtectionNote> Notes { get; init; } = [];

    /// <summary>Why nothing leaves; null: it may.</summary>
    public DepartureOutcome? Refusal { get; private init; }

    public static RecipientChoice Never(string reason, ImmutableArray<int> recipients) => new() { Refusal = new DepartureOutcome.Impossible(reason, recipients) };

    public static RecipientChoice Later(string reason) => new() { Refusal = new DepartureOutcome.Unavailable(reason) };
}
