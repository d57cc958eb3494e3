using MimeKit;

namespace MilSwitch.Mime;

/// <summary>The names that mail programs show instead of addresses (RFC 5322 §3.4), encoded words undone (RFC 2047).</summary>
public static class DisplayNames
{
    /// <summary>One for each mailbox of a From, Sender or recipient field, those of groups included; empty: the mailbox has none.</summary>
    /// <returns>Null: the field can't be read.</returns>
    public static IReadOnlyList<string>? Read(string value) =>
        InternetAddressList.TryParse(value, out var list) ? [.. list.Mailboxes.Select(m => m.Name ?? "")] : null;
}
