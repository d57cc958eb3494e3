using System.Globalization;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Api;

/// <summary>Reads a query string and remembers the first fault; unknown parameters are faults.</summary>
internal sealed class QueryReader(IQueryCollection query)
{
    private readonly HashSet<string> known = [];
    private string? fault;

    public string? Text(string name)
    {
        known.Add(name);
        var values = query[name];
        if (values.Count > 1) fault ??= $"{name} is given twice.";
        return values.Count == 0 || string.IsNullOrEmpty(values[0]) ? null : values[0];
    }

    /// <summary>False when it is absent.</summary>
    public bool Flag(string name)
    {
        if (Text(name) is not { } text) return false;
        if (text is not ("true" or "false")) fault ??= $"{name} must be true or false.";
        return text is "true";
    }

    public int? Number(string name, int lowest, int highest)
    {
        if (Text(name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest) return number;
        fault ??= string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from {lowest} to {highest}.");
        return null;
    }

    public T? Word<T>(string name)
        where T : struct, Enum => Word<T>(name, Text(name));

    public MessageId? Id(string name)
    {
        if (Text(name) is not { } text) return null;
        if (MessageId.TryParse(text, out var id)) return id;
        fault ??= $"{name} is not an id of 13 characters of base 32.";
        return null;
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text) return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
        fault ??= $"{name} is not a time of ISO 8601.";
        return null;
    }

    /// <summary>A time, or how long ago.</summary>
    public DateTimeOffset? TimeOrAge(string name, DateTimeOffset now)
    {
        if (Text(name) is not { } text) return null;
        if (Notation.TryReadDuration(text, out var age)) return now - age;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
        fault ??= $"{name} is neither a time of ISO 8601 nor a span such as 8h.";
        return null;
    }

    public QueueFilter Filter(FilterView view, int limit)
    {
        TimeSpan? age = null;
        if (view.OlderThan is { } text)
        {
            if (Notation.TryReadDuration(text, out var read)) age = read;
            else fault ??= "olderThan must be a time such as 90s or 2h.";
        }

        if (view.Limit < 1) fault ??= "limit must be 1 or more.";
        return new QueueFilter
        {
            Link = string.IsNullOrEmpty(view.Link) ? null : new LinkName(view.Link),
            Precedence = Word<Precedence>("precedence", view.Precedence),
            Sender = view.Sender,
            Recipient = view.Recipient,
            State = Word<MessageState>("state", view.State),
            OlderThan = age,
            Limit = view.Limit ?? limit,
        };
    }

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Finish()
    {
        foreach (var name in query.Keys)
        {
            if (!known.Contains(name)) fault ??= "There is an unknown parameter; known are " + string.Join(", ", known) + ".";
        }

        return fault;
    }

    private T? Word<T>(string name, string? text)
        where T : struct, Enum
    {
        if (text is null) return null;
        if (Words.TryRead<T>(text, out var value)) return value;
        fault ??= $"{name} must be one of {Words.All<T>()}.";
        return null;
    }
}
