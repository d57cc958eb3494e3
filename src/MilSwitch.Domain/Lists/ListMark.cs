using System.Collections.Immutable;
using System.Text;

namespace MilSwitch.Domain.Lists;

/// <summary>
/// The trace field of a list that a message went through, for lists that don't sign: its address, and the message of this switch that
/// was distributed first. Pure.
/// </summary>
/// <param name="List">Canonical address.</param>
/// <param name="Root">Id of the first message.</param>
public readonly record struct ListMark(string List, string Root)
{
    public const string Field = "X-MilSwitch-Expanded";
    private const string OfRoot = "; of=";

    /// <summary>Marks that are read of one message; RFC 2634 §4.4 has as many lists in a history.</summary>
    public const int Most = 64;

    /// <summary>The whole field with CRLF.</summary>
    public string Write() => $"{Field}: {List}{OfRoot}{Root}\r\n";

    /// <summary>What a value says; null: it is no mark.</summary>
    public static ListMark? Read(string value)
    {
        var at = value.IndexOf(OfRoot, StringComparison.Ordinal);
        return at > 0 && at + OfRoot.Length < value.Length ? new ListMark(value[..at].Trim(), value[(at + OfRoot.Length)..].Trim()) : null;
    }

    /// <summary>All marks among the trace fields that this switch wrote, the latest first.</summary>
    /// <param name="trace">Whole fields, unfolded, each ending in CRLF.</param>
    public static ImmutableArray<ListMark> ReadAll(ReadOnlySpan<byte> trace)
    {
        var marks = ImmutableArray.CreateBuilder<ListMark>();
        foreach (var line in Encoding.UTF8.GetString(trace).Split("\r\n"))
        {
            if (line.StartsWith(Field + ":", StringComparison.OrdinalIgnoreCase) && Read(line[(Field.Length + 1)..]) is { } mark) marks.Add(mark);
            if (marks.Count is Most) break;
        }

        return marks.ToImmutable();
    }
}
