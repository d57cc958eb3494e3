using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Host.Sendmail;
using MilSwitch.Smtp.Server.Direct;
using MimeKit;

namespace MilSwitch.Host.Submission;

/// <summary>Makes an envelope for a message that comes whole (RFC 5322): by what its header says, where nothing else is said. Stateless.</summary>
internal static class WholeMessage
{
    /// <summary>Reads it to its end. Line ends become CRLF, Bcc is taken out, Date and Message-ID are added where they are missing; all else stays as it is.</summary>
    /// <param name="octets">The message.</param>
    /// <param name="from">The reverse path; null: its Sender, else its one author.</param>
    /// <param name="recipients">In place of those of To, Cc and Bcc; null: those.</param>
    /// <param name="hostName">For the Message-ID.</param>
    /// <param name="now">For the date.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SubmissionRefusedException">It is no message, or does not say from whom or to whom.</exception>
    public static async Task<DirectMessage> ReadAsync(Stream octets, Mailbox? from, ImmutableArray<Mailbox>? recipients, string hostName, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            var draft = await SendmailDraft.ReadAsync(octets, ignoreDots: true, cancellationToken);
            var author = from ?? Author(draft, hostName);
            var whom = recipients ?? Addressees(draft, hostName);
            draft.Remove("Bcc");
            draft.Complete(new MailboxAddress("", author.Text), hostName, now);
            using var whole = draft.Open();
            using var content = new MemoryStream();
            await whole.CopyToAsync(content, cancellationToken);
            return new DirectMessage(new ReversePath(author), [.. whom.Distinct().Select(a => new Recipient(a))], content.GetBuffer().AsMemory(0, (int)content.Length));
        }
        catch (SendmailFault fault)
        {
            throw new SubmissionRefusedException("message", "MALFORMED", fault.Message);
        }
    }

    private static Mailbox Author(SendmailDraft draft, string domain)
    {
        foreach (var name in (string[])["Sender", "From"])
        {
            if (!draft.Has(name)) continue;
            return draft.Addresses(domain, name) is [var only] ? Read(only, name) : throw new SubmissionRefusedException(name, "ADDRESS", "not one address, so that nobody knows who sends it");
        }

        throw new SubmissionRefusedException("From", "MISSING", "the author is missing");
    }

    private static ImmutableArray<Mailbox> Addressees(SendmailDraft draft, string domain)
    {
        var found = ImmutableArray.CreateBuilder<Mailbox>();
        foreach (var name in (string[])["To", "Cc", "Bcc"])
            foreach (var address in draft.Addresses(domain, name)) found.Add(Read(address, name));
        return found.Count > 0 ? found.ToImmutable() : throw new SubmissionRefusedException("To", "MISSING", "there is no recipient");
    }

    private static Mailbox Read(MailboxAddress address, string field) =>
        Mailbox.TryParse(address.Address, allowUtf8: true, out var mailbox, out _) ? mailbox : throw new SubmissionRefusedException(field, "ADDRESS", "no mail address");
}
