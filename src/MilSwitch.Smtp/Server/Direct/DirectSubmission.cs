using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Smtp.Server.Commands;
using MilSwitch.Smtp.Server.Framing;

namespace MilSwitch.Smtp.Server.Direct;

/// <summary>
/// Takes messages that come without SMTP as a listener takes those of an authenticated client: the same questions in the same order, and
/// the same answers. All recipients are accepted, or the message is not. Stateless and thread-safe.
/// </summary>
/// <param name="settings">Of the listener.</param>
/// <param name="intake">The switch.</param>
/// <param name="time">For the time of arrival.</param>
public sealed class DirectSubmission(SmtpListenerSettings settings, IIntake intake, TimeProvider time)
{
    /// <summary>As whom a message is handed in.</summary>
    /// <param name="identity">Authenticated: what the trail and the rates know it by.</param>
    /// <param name="address">Where it is, for people.</param>
    public ClientIdentity Client(string identity, string address) => new()
    {
        Listener = settings.Name,
        Role = settings.Role,
        Address = address,
        AuthenticatedAs = identity,
        IsDirect = true,
        HighestPrecedence = settings.HighestPrecedence,
    };

    /// <summary>Judges a message and makes it durable. Never throws for what is in it.</summary>
    /// <param name="client">As whom.</param>
    /// <param name="permitted">Addresses that the client may use as reverse path; null: any.</param>
    /// <param name="message">What is handed in.</param>
    /// <param name="cancellationToken">Before the commit: nothing was accepted.</param>
    public async ValueTask<DirectResult> SubmitAsync(ClientIdentity client, MailboxSet? permitted, DirectMessage message, CancellationToken cancellationToken)
    {
        var limits = settings.Limits;
        if (message.Content.Length > limits.MessageSize) return DirectResult.Refused(Replies.MessageTooLarge);
        if (message.From.Mailbox is { } from && (from.Domain.Length is 0 || permitted?.Contains(from) is false)) return DirectResult.Refused(from.Domain.Length is 0 ? Replies.SenderSyntax : Replies.NotYourAddress);
        if (message.DeliverBy is { } by && MailParameters.Fault(by.Mode, (by.Deadline - time.GetUtcNow()).TotalSeconds, settings) is { } late) return DirectResult.Refused(late);
        var mail = Mail(message);
        if ((await intake.MailAsync(client, mail, cancellationToken).ConfigureAwait(false)).Refusal is { } mailRefused) return DirectResult.Refused(Replies.For(mailRefused));
        if (message.Recipients.IsEmpty) return DirectResult.Refused(Replies.NoValidRecipients);
        if (message.Recipients.Length > limits.Recipients) return DirectResult.Refused(Replies.TooManyRecipients);
        foreach (var recipient in message.Recipients)
        {
            if (recipient.Address.LocalPart.AsSpan().ContainsAny('%', '!', '@')) return DirectResult.Refused(Replies.SourceRoute, recipient.Address);
            if (await intake.RecipientAsync(client, mail, recipient, cancellationToken).ConfigureAwait(false) is { } refused) return DirectResult.Refused(Replies.For(refused), recipient.Address);
        }

        var lines = new LineRules(limits.TextLine);
        lines.Take(message.Content.Span);
        lines.End();
        if (lines.Fault is not ContentFault.None) return DirectResult.Refused(lines.Fault.Reply());
        var incoming = intake.Begin(client, Envelope(client, mail, message), message.Beside);
        await using (incoming.ConfigureAwait(false))
        {
            await incoming.WriteAsync(message.Content, cancellationToken).ConfigureAwait(false);
            var result = await incoming.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return result.Refusal is { } refusal
                ? DirectResult.Refused(Replies.For(refusal)) with { Detail = result.Detail, Faults = result.Faults }
                : new DirectResult(result.Id, null) { PriorityLowered = result.PriorityLowered };
        }
    }

    private static MailRequest Mail(DirectMessage message)
    {
        var content = message.Content.Span;
        var end = content.IndexOf("\r\n\r\n"u8);
        var header = end < 0 ? content : content[..end];
        return new MailRequest(message.From)
        {
            DeclaredSize = message.Content.Length,
            Body = System.Text.Ascii.IsValid(content) ? BodyType.SevenBit : BodyType.EightBitMime,
            SmtpUtf8 = !System.Text.Ascii.IsValid(header) || message.From.Mailbox is { NeedsUtf8: true } || message.Recipients.Any(r => r.Address.NeedsUtf8),
            Return = message.Return,
            EnvelopeId = message.EnvelopeId,
            DeliverBy = message.DeliverBy,
        };
    }

    private Envelope Envelope(ClientIdentity client, MailRequest mail, DirectMessage message) => new()
    {
        ReversePath = mail.ReversePath,
        Recipients = message.Recipients,
        Body = mail.Body,
        SmtpUtf8 = mail.SmtpUtf8,
        Return = mail.Return,
        EnvelopeId = mail.EnvelopeId,
        DeliverBy = mail.DeliverBy,
        ArrivedAt = time.GetUtcNow(),
        Origin = new Origin { Listener = client.Listener, ClientAddress = client.Address, AuthenticatedAs = client.AuthenticatedAs },
    };
}
