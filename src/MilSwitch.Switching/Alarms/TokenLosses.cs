using MilSwitch.Domain.Protection;

namespace MilSwitch.Switching.Alarms;

/// <summary>How often tokens were lost within the last hour. Not thread-safe.</summary>
internal sealed class TokenLosses
{
    private const int Most = 1_000;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private readonly Dictionary<string, Queue<DateTimeOffset>> losses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> seen = new(StringComparer.Ordinal);

    /// <summary>Takes note of how a token is, and says how often it was lost.</summary>
    public int Look(TokenStatus token, DateTimeOffset now)
    {
        if (!losses.TryGetValue(token.Name, out var times)) losses[token.Name] = times = new Queue<DateTimeOffset>();
        if (token.State is TokenCondition.Lost or TokenCondition.Refused && (!seen.TryGetValue(token.Name, out var since) || since != token.Since))
        {
            seen[token.Name] = token.Since;
            if (times.Count < Most) times.Enqueue(now);
        }

        while (times.TryPeek(out var first) && now - first > Window) times.Dequeue();
        return times.Count;
    }
}
