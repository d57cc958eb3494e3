using System.Collections.Frozen;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Acp127;

/// <summary>Plain language addresses, routing indicators and mail addresses, each name and each mail address once. Immutable and thread-safe.</summary>
public sealed class Acp127Directory
{
    /// <summary>Stations of a directory.</summary>
    public const int MostStations = 100_000;

    /// <summary>Nobody is known.</summary>
    public static Acp127Directory Empty { get; } = new([]);

    private readonly FrozenDictionary<string, Acp127Station> names;
    private readonly FrozenDictionary<Mailbox, Acp127Station> mail;
    private readonly FrozenDictionary<string, Acp127Station[]> routing;

    /// <exception cref="ArgumentException">A name or a mail address is there twice.</exception>
    public Acp127Directory(IReadOnlyCollection<Acp127Station> stations)
    {
        names = stations.ToFrozenDictionary(s => s.Name, StringComparer.Ordinal);
        mail = stations.Where(s => s.Mail is not null).ToFrozenDictionary(s => s.Mail!);
        if (names.Count != stations.Count || mail.Count != stations.Count(s => s.Mail is not null)) throw new ArgumentException("A name or a mail address is there twice.", nameof(stations));
        routing = stations.Where(s => s.Routing is not null).GroupBy(s => s.Routing!).ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
    }

    public int Count => names.Count;

    public Acp127Station? Find(string name) => names.GetValueOrDefault(name);

    public Acp127Station? Find(Mailbox address) => mail.GetValueOrDefault(address);

    /// <summary>All that one routing indicator serves; empty: none.</summary>
    public IReadOnlyList<Acp127Station> ServedBy(string indicator) => routing.GetValueOrDefault(indicator, []);

    /// <summary>The text is a plain language address as a line can hold it.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= Acp127Reader.LongestLine - 6 && !text.Contains("  ", StringComparison.Ordinal) && text[0] is not ' ' && text[^1] is not ' '
        && Acp127Reader.IsText(text) && text.Split('/') is var parts && (parts.Length is 1 || (parts[0] is not "ZEN" && !Acp127Reader.IsRouting(parts[0])))
        && text.Split(' ')[0] is not ("FM" or "TO" or "INFO" or "XMT" or "BT" or "GRNC") && !(text.StartsWith("GR", StringComparison.Ordinal) && text.Length > 2 && char.IsAsciiDigit(text[2]));

    /// <summary>The text is a routing indicator: 4 to 7 letters, R or U first.</summary>
    public static bool IsRouting(string text) => Acp127Reader.IsRouting(text);
}
