using System.Collections.Immutable;

namespace MilSwitch.Domain.Addressing;

/// <summary>Reads addresses that somebody outside wrote.</summary>
public static class MailboxList
{
    /// <param name="texts">Null: nobody.</param>
    /// <returns>In their order; null: one of them is no mail address. Never throws.</returns>
    public static ImmutableArray<Mailbox>? TryRead(IReadOnlyList<string?>? texts)
    {
        var mailboxes = ImmutableArray.CreateBuilder<Mailbox>(texts?.Count ?? 0);
        foreach (var text in texts ?? [])
        {
            if (!Mailbox.TryParse(text ?? "", allowUtf8: true, out var mailbox, out _)) return null;
            mailboxes.Add(mailbox);
        }

        return mailboxes.MoveToImmutable();
    }
}
