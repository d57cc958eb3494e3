using MilSwitch.Acp127;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// Counts the transmissions over a line's channel, and has an alarm while numbers are missing. What it knows is in a file, so that a gap over a restart is
/// seen. Thread-safe.
/// </summary>
internal sealed class Acp127Counting
{
    private readonly Lock gate = new();
    private readonly string file;
    private readonly string line;
    private readonly TimeProvider time;
    private Acp127Continuity continuity = new();
    private Alarm? stranger;

    /// <param name="line">Its name.</param>
    /// <param name="folder">Where the file is.</param>
    public Acp127Counting(string line, string folder, TimeProvider time)
    {
        (this.line, this.time) = (line, time);
        file = Path.Combine(folder, line + ".in");
        if (!File.Exists(file)) return;
        if (!Acp127Continuity.TryParse(File.ReadAllText(file), out var known)) throw new InvalidDataException($"{file} can't be read: which numbers of the channel came is not known; remove it to begin afresh");
        continuity = known;
    }

    /// <summary>Standing alarms.</summary>
    public IEnumerable<Alarm> Alarms
    {
        get
        {
            lock (gate)
            {
                var now = time.GetUtcNow();
                continuity = continuity.Forget(now);
                if (stranger is not null && now - stranger.Since >= Acp127Continuity.Patience) stranger = null;
                List<Alarm> all = [];
                if (!continuity.Missing.IsEmpty)
                {
                    var more = continuity.Missing.Count > 10 ? $" and {continuity.Missing.Count - 10} more" : "";
                    all.Add(new Alarm($"acp127-channel:{line}", $"line {line}: numbers {string.Join(' ', continuity.Missing.Keys.Take(10).Select(n => $"{n:000}"))}{more} never came", continuity.Missing.Values.Min()));
                }

                if (stranger is not null) all.Add(stranger);
                return all;
            }
        }
    }

    /// <summary>Something came and is durable.</summary>
    public void Count(Acp127Inbound inbound, ReadOnlySpan<byte> octets)
    {
        if (inbound.Channel is not { } designator) return;
        var now = time.GetUtcNow();
        var channel = Acp127Channel.Read(octets);
        lock (gate)
        {
            if (channel is not { } number || number.Designator != designator)
            {
                stranger = new Alarm($"acp127-number:{line}", $"line {line}: a transmission came without a number of channel {designator}, which can't be counted", stranger?.Since ?? now);
                return;
            }

            continuity = continuity.Take(number.Number, now);
            DurableText.Write(file, continuity + "\n");
        }
    }
}
