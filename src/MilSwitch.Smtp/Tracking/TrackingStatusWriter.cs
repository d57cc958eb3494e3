using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Syntax;

namespace MilSwitch.Smtp.Tracking;

/// <summary>
/// RFC 3886: answers as multipart/related of message/tracking-status, in lines of printable ASCII without their ends. Pure;
/// lines are made as they are asked for, so that an answer about many recipients is never whole in memory.
/// </summary>
public static class TrackingStatusWriter
{
    // No field begins with it, and no value of one stands at the beginning of a line.
    private const string Boundary = "milswitch-tracking-status";

    private const int LongestPiece = 900;

    public static IEnumerable<string> Lines(ImmutableArray<TrackingStatus> statuses)
    {
        yield return $"Content-Type: multipart/related; boundary=\"{Boundary}\"; type=\"message/tracking-status\"";
        yield return "";
        foreach (var status in statuses)
        {
            yield return "--" + Boundary;
            yield return "Content-Type: message/tracking-status";
            yield return "";
            foreach (var line in Field("Original-Envelope-Id", status.EnvelopeId)) yield return line;
            foreach (var line in Field("Reporting-MTA", "dns; " + status.ReportingMta)) yield return line;
            foreach (var line in Field("Arrival-Date", Date(status.ArrivedAt))) yield return line;
            foreach (var recipient in status.Recipients)
            {
                yield return "";
                foreach (var line in Lines(recipient)) yield return line;
            }

            yield return "";
        }

        yield return $"--{Boundary}--";
    }

    private static IEnumerable<string> Lines(TrackedRecipient recipient) =>
    [
        .. Field("Original-Recipient", Address(recipient.Original)),
        .. Field("Final-Recipient", Address(recipient.Final)),
        .. Field("Action", recipient.Action.ToString().ToLowerInvariant()),
        .. Field("Status", recipient.Status.ToString()),
        .. recipient.RemoteMta is { } mta ? Field("Remote-MTA", "dns; " + mta) : [],
        .. recipient.LastAttempt is { } attempt ? Field("Last-Attempt-Date", Date(attempt)) : [],
        .. recipient.WillRetryUntil is { } until ? Field("Will-Retry-Until", Date(until)) : [],
    ];

    // Whatever is not printable ASCII is replaced, so that no value ends a line; a long one is cut where a line must end.
    private static IEnumerable<string> Field(string name, string value)
    {
        var text = $"{name}: {string.Concat(value.Select(c => c is >= ' ' and <= '~' ? c : '?'))}";
        for (var at = 0; at < text.Length; at += LongestPiece) yield return (at is 0 ? "" : " ") + text.Substring(at, Math.Min(LongestPiece, text.Length - at));
    }

    private static string Address(OriginalRecipient address)
    {
        var type = address.AddressType.Length is > 0 and <= 64 && address.AddressType.All(c => char.IsAsciiLetterOrDigit(c) || c is '-') ? address.AddressType : "unknown";
        return $"{type}; {(type.Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? Utf8AddressXtext.Encode(address.Address) : address.Address)}";
    }

    private static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("ddd, dd MMM yyyy HH':'mm':'ss '+0000'", CultureInfo.InvariantCulture);
}
