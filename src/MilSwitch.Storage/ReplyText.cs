using System.Globalization;
using MilSwitch.Domain.Delivery;

namespace MilSwitch.Storage;

/// <summary>The stored form of a reply: code, enhanced code or a hyphen, and text, each after a space; readable in SQL.</summary>
public static class ReplyText
{
    public static string Write(Reply reply) => string.Create(
        CultureInfo.InvariantCulture, $"{reply.Code} {(reply.Status is { } status ? status.ToString() : "-")} {reply.Text}");

    /// <summary>Throws <see cref="FormatException"/> when the text was not written by <see cref="Write"/>.</summary>
    public static Reply Read(string text)
    {
        var first = text.IndexOf(' ', StringComparison.Ordinal);
        var second = first < 0 ? -1 : text.IndexOf(' ', first + 1);
        if (second < 0) throw new FormatException("The stored reply is damaged.");
        var code = int.Parse(text.AsSpan(0, first), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        EnhancedStatusCode? status = null;
        if (text[first + 1] != '-')
        {
            Span<Range> parts = stackalloc Range[4];
            var span = text.AsSpan(first + 1, second - first - 1);
            if (span.Split(parts, '.') != 3) throw new FormatException("The stored reply is damaged.");
            status = new EnhancedStatusCode(
                byte.Parse(span[parts[0]], CultureInfo.InvariantCulture),
                short.Parse(span[parts[1]], CultureInfo.InvariantCulture),
                short.Parse(span[parts[2]], CultureInfo.InvariantCulture));
        }

        return new Reply(code, status, text[(second + 1)..]);
    }
}
