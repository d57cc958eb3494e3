using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Syntax;

namespace MilSwitch.Smtp.Tracking;

/// <summary>Reads answers of RFC 3886. What a field can't be read as is left out; an answer without a single recipient is none. Never throws; takes time in proportion to the lines.</summary>
public static class TrackingStatusReader
{
    private const string Type = "message/tracking-status";

    /// <param name="lines">A body part of multipart/related, without line ends and dots.</param>
    /// <param name="found">One at least.</param>
    public static bool TryRead(IReadOnlyList<string> lines, out ImmutableArray<TrackingStatus> found)
    {
        found = [];
        var at = 0;
        var head = Group(lines, ref at, lines.Count);
        if (Boundary(Value(head, "Content-Type")) is not { } boundary) return false;
        var parts = ImmutableArray.CreateBuilder<TrackingStatus>();
        while (at < lines.Count)
        {
            // To the next delimiter; what stands before the first is nobody's.
            var end = at;
            while (end < lines.Count && !IsDelimiter(lines[end], boundary)) end++;
            if (Part(lines, at, end) is { } status) parts.Add(status);
            if (end < lines.Count && lines[end].AsSpan(2 + boundary.Length).StartsWith("--", StringComparison.Ordinal)) break;
            at = end + 1;
        }

        found = parts.ToImmutable();
        return !found.IsEmpty;
    }

    private static bool IsDelimiter(string line, string boundary) =>
        line.StartsWith("--", StringComparison.Ordinal) && line.AsSpan(2).StartsWith(boundary, StringComparison.Ordinal) && line.AsSpan(2 + boundary.Length).TrimEnd() is "" or "--";

    private static TrackingStatus? Part(IReadOnlyList<string> lines, int at, int end)
    {
        var type = Value(Group(lines, ref at, end), "Content-Type");
        if (type is null || !type.Split(';')[0].Trim().Equals(Type, StringComparison.OrdinalIgnoreCase)) return null;
        var message = Group(lines, ref at, end);
        var recipients = ImmutableArray.CreateBuilder<TrackedRecipient>();
        while (at < end)
        {
            if (Recipient(Group(lines, ref at, end)) is { } recipient) recipients.Add(recipient);
        }

        return recipients.Count is 0 ? null : new TrackingStatus(
            Value(message, "Original-Envelope-Id") ?? "", Named(Value(message, "Reporting-MTA")) ?? "", Date(Value(message, "Arrival-Date")) ?? DateTimeOffset.UnixEpoch, recipients.ToImmutable());
    }

    private static TrackedRecipient? Recipient(List<(string Name, string Value)> fields)
    {
        if (Address(Value(fields, "Final-Recipient")) is not { } final || Action(Value(fields, "Action")) is not { } action) return null;
        var status = EnhancedStatusCode.TryParse((Value(fields, "Status") ?? "").Split(' ', '(')[0], out var code) ? code : default;
        return new TrackedRecipient(Address(Value(fields, "Original-Recipient")) ?? final, final, action, status)
        {
            RemoteMta = Named(Value(fields, "Remote-MTA")),
            LastAttempt = Date(Value(fields, "Last-Attempt-Date")),
            WillRetryUntil = Date(Value(fields, "Will-Retry-Until")),
        };
    }

    /// <summary>Fields to the next empty line, which is passed over.</summary>
    private static List<(string Name, string Value)> Group(IReadOnlyList<string> lines, ref int at, int end)
    {
        var fields = new List<(string, string)>();
        string? name = null;
        var value = new StringBuilder();
        for (; at < end && lines[at].Length > 0; at++)
        {
            var line = lines[at];
            if (line[0] is ' ' or '\t')
            {
                value.Append(line);
                continue;
            }

            Keep();
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            name = colon > 0 ? line[..colon].Trim() : null;
            value.Clear().Append(line.AsSpan(colon + 1));
        }

        Keep();
        at++;
        return fields;

        void Keep()
        {
            if (name is not null) fields.Add((name, value.ToString().Trim()));
        }
    }

    private static string? Value(List<(string Name, string Value)> fields, string name)
    {
        foreach (var field in fields)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return field.Value;
        }

        return null;
    }

    private static string? Boundary(string? type)
    {
        if (type is null || !type.StartsWith("multipart/related", StringComparison.OrdinalIgnoreCase)) return null;
        foreach (var parameter in type.Split(';').Skip(1))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !parameter.AsSpan(0, equals).Trim().Equals("boundary", StringComparison.OrdinalIgnoreCase)) continue;
            var value = parameter[(equals + 1)..].Trim().Trim('"');
            return value.Length is > 0 and <= 70 ? value : null;
        }

        return null;
    }

    /// <summary>What stands behind the type.</summary>
    private static string? Named(string? value) => value is not null && value.IndexOf(';', StringComparison.Ordinal) is var at and >= 0 && value[(at + 1)..].Trim() is { Length: > 0 } name ? name : null;

    private static OriginalRecipient? Address(string? value)
    {
        if (Named(value) is not { } address) return null;
        var type = value!.Split(';')[0].Trim();
        return new OriginalRecipient(
            type, type.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && Utf8AddressXtext.TryDecode(Encoding.ASCII.GetBytes(address), allowUtf8: false, out var decoded) ? decoded : address);
    }

    private static TrackingAction? Action(string? value) => value is not null && value.All(char.IsAsciiLetter) && Enum.TryParse<TrackingAction>(value, ignoreCase: true, out var action) ? action : null;

    private static DateTimeOffset? Date(string? value)
    {
        if (value is null) return null;
        var comma = value.IndexOf(',', StringComparison.Ordinal);
        return DateTimeOffset.TryParseExact(value[(comma + 1)..].Trim(), ["d MMM yyyy H:mm:ss zzz", "d MMM yyyy H:mm:ss 'GMT'"], CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite | DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }
}
