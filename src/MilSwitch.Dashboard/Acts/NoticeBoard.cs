using System.Collections.Concurrent;
using System.Security.Cryptography;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Acts;

/// <summary>Keeps what became of an act until the page that the browser is sent to has shown it. Bounded; thread-safe.</summary>
internal sealed class NoticeBoard(TimeProvider time)
{
    private const int Most = 1000;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, (string Who, Notice Notice, DateTimeOffset At)> notices = new(StringComparer.Ordinal);

    public string Put(OperatorIdentity who, Notice notice)
    {
        var now = time.GetUtcNow();
        foreach (var (old, _) in notices.Where(n => now - n.Value.At > Kept)) notices.TryRemove(old, out _);
        var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        if (notices.Count < Most) notices[key] = (who.Name, notice, now);
        return key;
    }

    /// <summary>Null: there is none, or it is somebody else's.</summary>
    public Notice? Find(string? key, OperatorIdentity who) =>
        key is not null && notices.TryGetValue(key, out var found) && found.Who == who.Name ? found.Notice : null;
}
