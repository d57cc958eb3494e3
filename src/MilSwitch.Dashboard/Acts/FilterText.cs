using System.Globalization;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Dashboard.Acts;

/// <summary>A filter as one line of text: <c>precedence:flash link:hf older:10m from:hq to:navy.example state:held</c>.</summary>
internal static class FilterText
{
    public const string Example = "precedence:flash link:hf from:hq to:navy.example older:10m state:held";

    /// <exception cref="FormatException">With a sentence for the person who wrote it.</exception>
    public static QueueFilter Parse(string? text, int limit)
    {
        var filter = new QueueFilter { Limit = limit };
        foreach (var word in (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var cut = word.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = cut < 0 ? ("to", word) : (word[..cut], word[(cut + 1)..]);
            if (value.Length is 0) throw new FormatException($"'{name}:' says nothing");
            filter = name switch
            {
                "precedence" or "p" => filter with { Precedence = PrecedenceExtensions.TryParseKeyword(value, out var level) ? level : throw new FormatException($"'{value}' is no precedence") },
                "link" => filter with { Link = new LinkName(value) },
                "from" => filter with { Sender = value },
                "to" => filter with { Recipient = value },
                "older" => filter with { OlderThan = Span(value) },
                "state" => filter with { State = Enum.TryParse<MessageState>(value, ignoreCase: true, out var state) && Enum.IsDefined(state) && !int.TryParse(value, CultureInfo.InvariantCulture, out _) ? state : throw new FormatException($"'{value}' is no state") },
                _ => throw new FormatException($"'{name}' is not known: a filter looks like {Example}"),
            };
        }

        return filter;
    }

    /// <summary>As in the configuration: <c>90s</c>, <c>10m</c>, <c>2h</c>, <c>3d</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static TimeSpan Span(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw new FormatException($"'{text}' is no time such as 90s, 10m, 2h, 3d");
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(Math.Min(number, 36_500)),
            _ => throw new FormatException($"'{text}' is no time such as 90s, 10m, 2h, 3d"),
        };
    }
}
