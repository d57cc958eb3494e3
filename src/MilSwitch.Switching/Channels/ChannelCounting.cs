using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MilSwitch.Domain.Channels;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Channels;

/// <summary>
/// Counts what comes over channels, and has an alarm while numbers are missing. What is known is in the store, so that a gap over a
/// restart is seen, and one over several nodes is none. Thread-safe.
/// </summary>
internal sealed class ChannelCounting(ISpool spool, TimeProvider time)
{
    private const int Tries = 20;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly byte[] Field = System.Text.Encoding.ASCII.GetBytes(ChannelName.Field);

    private readonly ConcurrentDictionary<string, ChannelContinuity> known = new(StringComparer.Ordinal);
    private DateTimeOffset looked = DateTimeOffset.MinValue;

    /// <summary>Standing alarms.</summary>
    public IEnumerable<Alarm> Alarms
    {
        get
        {
            var now = time.GetUtcNow();
            foreach (var (channel, continuity) in known.OrderBy(k => k.Key, StringComparer.Ordinal))
            {
                var (missing, unnumbered) = (continuity.Forget(now).Missing, continuity.Forget(now).Unnumbered);
                if (missing.IsEmpty && unnumbered is null) continue;
                var more = missing.Count > 10 ? string.Create(CultureInfo.InvariantCulture, $" and {missing.Count - 10} more") : "";
                var lost = missing.IsEmpty ? "" : $"numbers {string.Join(' ', missing.Keys.Take(10))}{more} never came";
                var bare = unnumbered is null ? "" : "a message came without a number";
                yield return new Alarm($"channel:{channel}", $"channel {channel}: {lost}{(lost.Length > 0 && bare.Length > 0 ? "; " : "")}{bare}", missing.Values.Append(unnumbered ?? now).Min());
            }
        }
    }

    /// <summary>A message came over a channel and is durable. Before its sender hears of it: whoever did not hear sends it again, under the same number.</summary>
    /// <param name="channel">The client's.</param>
    /// <param name="header">As it came.</param>
    public async Task CountAsync(string channel, HeaderBlock header)
    {
        var number = NumberOf(header, channel);
        try
        {
            for (var i = 0; i < Tries; i++)
            {
                var json = await spool.ReadDocumentAsync(ChannelContinuity.DocumentKind, channel).ConfigureAwait(false);
                var (before, now) = (Read(json), time.GetUtcNow());
                var after = number is { } one ? before.Take(one, now) : before.TakeUnnumbered(now);
                var text = after.Write();
                if (text != json && !await spool.ExchangeDocumentAsync(ChannelContinuity.DocumentKind, channel, json, text).ConfigureAwait(false)) continue;
                known[channel] = after;
                return;
            }
        }
        catch (SpoolUnavailableException)
        {
            // Its number will be missed, which is better than a gap that nobody sees.
        }
    }

    /// <summary>Now and then: other nodes count too, and a restart forgets.</summary>
    /// <param name="channels">Those that are counted here.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task LookAsync(ImmutableArray<string> channels, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now - looked < LookEvery) return;
        looked = now;
        foreach (var gone in known.Keys.Except(channels)) known.TryRemove(gone, out _);
        try
        {
            foreach (var channel in channels) known[channel] = Read(await spool.ReadDocumentAsync(ChannelContinuity.DocumentKind, channel, cancellationToken).ConfigureAwait(false));
        }
        catch (SpoolUnavailableException)
        {
            // What was known stands until it answers.
        }
    }

    /// <summary>The number in the topmost field, which is the last sender's; null: there is none, or it is another channel's.</summary>
    private static long? NumberOf(HeaderBlock header, string channel)
    {
        foreach (var field in header)
        {
            if (!System.Text.Ascii.EqualsIgnoreCase(field.Name.Span, Field)) continue;
            return System.Text.Encoding.ASCII.GetString(field.RawValue.Span).Trim().Split(' ') is [var name, var digits] && name == channel
                && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < long.MaxValue ? number : null;
        }

        return null;
    }

    // What can't be read is begun afresh: any number may be the first.
    private static ChannelContinuity Read(string? json)
    {
        if (json is null) return new ChannelContinuity();
        try
        {
            return ChannelContinuity.Read(json);
        }
        catch (JsonException)
        {
            return new ChannelContinuity();
        }
    }
}
