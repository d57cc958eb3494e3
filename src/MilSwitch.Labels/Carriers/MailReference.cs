namespace MilSwitch.Labels.Carriers;

/// <summary>What a URI of a binding refers to in mail (RFC 2392).</summary>
/// <param name="MessageId">Of the message, without angle brackets; null: the message that holds the binding.</param>
/// <param name="ContentId">Of a part of it, without angle brackets; null: the whole message.</param>
public sealed record MailReference(string? MessageId, string? ContentId)
{
    /// <summary>The message that holds the binding.</summary>
    public static MailReference ThisMessage { get; } = new(null, null);

    /// <returns>Null: it refers to something else.</returns>
    public static MailReference? Parse(string uri)
    {
        if (uri.Length == 0) return ThisMessage;
        if (uri.StartsWith("cid:", StringComparison.OrdinalIgnoreCase)) return Id(uri.AsSpan(4)) is { } content ? new MailReference(null, content) : null;
        if (!uri.StartsWith("mid:", StringComparison.OrdinalIgnoreCase)) return null;
        var rest = uri.AsSpan(4);
        var slash = rest.IndexOf('/');
        if (slash < 0) return Id(rest) is { } message ? new MailReference(message, null) : null;
        return Id(rest[..slash]) is { } id && Id(rest[(slash + 1)..]) is { } part ? new MailReference(id, part) : null;
    }

    public override string ToString() => (MessageId, ContentId) switch
    {
        (null, null) => "",
        (null, { } content) => "cid:" + Uri.EscapeDataString(content),
        ({ } message, null) => "mid:" + Uri.EscapeDataString(message),
        ({ } message, { } content) => $"mid:{Uri.EscapeDataString(message)}/{Uri.EscapeDataString(content)}",
    };

    private static string? Id(ReadOnlySpan<char> escaped)
    {
        var id = Uri.UnescapeDataString(escaped.ToString());
        return id.Length is > 2 and < 1_000 && id.Contains('@', StringComparison.Ordinal) && !id.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '<' or '>') ? id : null;
    }
}
