using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Profiling;

namespace MilSwitch.Switching.Operations;

/// <summary>
/// Judges stored messages by two configurations and counts where they part. It asks nobody and changes nothing: recipients'
/// certificates that were not found before are not looked for. For one caller at a time.
/// </summary>
/// <param name="spool">Where the messages are.</param>
/// <param name="before">In force.</param>
/// <param name="after">Tried.</param>
/// <param name="choice">The plan that a person switched to; null: that of each configuration.</param>
/// <param name="plan">The plan that is tried; null: as <paramref name="choice"/> says.</param>
public sealed class TrafficTrial(ISpool spool, SwitchConfiguration before, SwitchConfiguration after, PlanChoice? choice, string? plan)
{
    /// <summary>Differences that are named.</summary>
    public const int MostDifferences = 200;

    private const int Page = 200;
    private const int MostAddresseesNamed = 20;

    // Of one message in memory.
    private const long LargestOctets = 8 << 20;

    private readonly SortedDictionary<string, (int Before, int After)> ways = new(StringComparer.Ordinal);
    private readonly List<TrialDifference> differences = [];
    private int messages;
    private int copies;
    private int profiled;
    private int gone;
    private int different;

    /// <summary>Looks at the newest messages, until all are seen, so many are, or <paramref name="enough"/> says stop.</summary>
    /// <param name="from">Accepted then or later.</param>
    /// <param name="most">So many at most.</param>
    /// <param name="enough">The time for it is over; what was seen by then counts.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<SettingsTrial> RunAsync(DateTimeOffset from, int most, Func<bool> enough, CancellationToken cancellationToken)
    {
        MessageId? last = null;
        var isCut = false;
        while (!isCut)
        {
            var page = await spool.QueryAsync(new MessageQuery { AcceptedFrom = from, Before = last, Limit = Page }, cancellationToken).ConfigureAwait(false);
            foreach (var message in page)
            {
                if (messages >= most || enough())
                {
                    isCut = true;
                    break;
                }

                messages++;
                await AddAsync(message, cancellationToken).ConfigureAwait(false);
            }

            if (page.Count < Page) break;
            last = page[^1].Id;
        }

        return new SettingsTrial([], from, messages, isCut, copies, [.. ways.Select(w => new WayCount(w.Key, w.Value.Before, w.Value.After))], profiled, gone, different, differences);
    }

    private async ValueTask AddAsync(StoredMessage message, CancellationToken cancellationToken)
    {
        var envelope = message.Envelope;
        var facts = before.Routes.AsksForFields || after.Routes.AsksForFields ? MilitaryEnvelope.Facts(envelope) : MilitaryFacts.None;
        foreach (var recipient in envelope.Recipients)
        {
            copies++;
            var (was, becomes) = (WayOf(before, envelope, recipient, facts), WayOf(after, envelope, recipient, facts));
            Count(was, (1, 0));
            Count(becomes, (0, 1));
            if (was != becomes) Differ(message.Id, recipient.Address, was, becomes);
            if (IsProfiled(before, envelope, recipient) && IsProfiled(after, envelope, recipient)) await ProfileAsync(message, recipient, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsProfiled(SwitchConfiguration configuration, Envelope envelope, Recipient recipient) => configuration.Profilers.Find(envelope.Domain, recipient.Address) is not null;

    private static string WayOf(SwitchConfiguration configuration, Envelope envelope, Recipient recipient, MilitaryFacts facts)
    {
        var address = configuration.Resolve(recipient).Address;
        if (configuration.DistributorAt(envelope.Domain, address) is { } distributor) return distributor.Description;
        if (configuration.Boundaries.Gateway(envelope.Domain, address) is not null) return "receipts of a boundary";
        if (configuration.Releases.IsDesk(envelope.Domain, address)) return "the release desk";
        if (configuration.Routes.Find(address, recipient.Precedence, facts) is not { } link) return "no route";
        var map = configuration.Boundaries;
        if (map.MustCross(envelope.Domain, link.Domain))
        {
            if (map.Find(envelope.Domain, link.Domain) is not { } boundary) return $"held: no boundary leads from {envelope.Domain ?? "no domain"} to {link.Domain ?? "no domain"}";
            if (Word(boundary.LabelsOut?.Judge(envelope.Label, address)) is { } stopped) return $"{stopped} at boundary {boundary.Name}";
        }

        return Word(link.Labels?.Judge(envelope.Label, address)) is { } word ? $"{word} before link {link.Name.Value}" : $"link {link.Name.Value}";
    }

    // By the rule, and not by the person: what is counted are ways.
    private static string? Word(LabelVerdict? verdict) => verdict switch
    {
        { Outcome: LabelOutcome.Hold } => "held for its label",
        { Outcome: LabelOutcome.Return } => "returned for its label",
        _ => null,
    };

    private async ValueTask ProfileAsync(StoredMessage message, Recipient recipient, CancellationToken cancellationToken)
    {
        if (!message.HasContent || message.Size > LargestOctets || await ReadAsync(message.Id, cancellationToken).ConfigureAwait(false) is not { } content)
        {
            gone++;
            return;
        }

        profiled++;
        var (was, becomes) = (Told(before, choice?.Plan), Told(after, plan ?? choice?.Plan));
        if (was != becomes) Differ(message.Id, recipient.Address, was, becomes);

        string Told(SwitchConfiguration configuration, string? named)
        {
            var profilers = configuration.Profilers;
            var name = named ?? profilers.Plans.InForce.Name;
            if (profilers.Plans.Find(name) is not { } found) return $"waits for a person: there is no plan '{name}'";
            var subject = ProfileReading.Of(message.Envelope, recipient, content, configuration);
            if (subject.IsEncrypted && profilers.Find(message.Envelope.Domain, recipient.Address) is { ReadsHeadersOfEncrypted: false }) return "waits for a person: its text can't be read";
            var decision = new Profiler(found).Decide(subject, message.Envelope.ArrivedAt);
            if (decision.Unprofiled is { } reason) return $"waits for a person: {reason.Word()}";
            // Sorted: the order of rules changes nothing about who gets it.
            string[] all = [.. decision.Addressees.Select(a => $"{(a.Role is ProfileRole.Action ? "action" : "info")} {a.Mailbox.Text}").Order(StringComparer.Ordinal)];
            return all.Length > MostAddresseesNamed
                ? string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", all.Take(MostAddresseesNamed))} and {all.Length - MostAddresseesNamed} more (of {Checksum(all)})")
                : string.Join(", ", all);
        }
    }

    // Two long lists that differ at their ends only are not the same.
    private static string Checksum(string[] all) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', all))).AsSpan(0, 4));

    private async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(MessageId id, CancellationToken cancellationToken)
    {
        try
        {
            if (await spool.OpenContentAsync(id, cancellationToken).ConfigureAwait(false) is not { } content) return null;
            await using (content.ConfigureAwait(false))
            {
                if (content.Inline is { } inline) return inline;
                var octets = new byte[content.Length];
                var length = 0;
                while (length < octets.Length && await content.ReadAsync(octets.AsMemory(length), cancellationToken).ConfigureAwait(false) is var count and > 0) length += count;
                return octets.AsMemory(0, length);
            }
        }
        catch (ContentDamagedException)
        {
            return null;
        }
    }

    private void Count(string way, (int Before, int After) more)
    {
        var (b, a) = ways.GetValueOrDefault(way);
        ways[way] = (b + more.Before, a + more.After);
    }

    private void Differ(MessageId id, Mailbox recipient, string was, string becomes)
    {
        different++;
        if (differences.Count < MostDifferences) differences.Add(new TrialDifference(id, recipient.Text, was, becomes));
    }
}
