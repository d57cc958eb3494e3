using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Labelling;

/// <summary>What a link does about labels: one immutable snapshot of settings and policies, whose answers change with the time alone. Thread-safe.</summary>
public interface ILinkLabelling
{
    /// <summary>It changes what leaves, so that nothing leaves as it is stored.</summary>
    bool Writes { get; }

    /// <summary>
    /// The security domain whose sources are asked for a recipient's certificate before a copy is sent, since his clearance may stand in it;
    /// null: nobody is asked.
    /// </summary>
    string? AskFor(Mailbox recipient) => null;

    /// <summary>Takes what was answered; counts for <see cref="Judge"/> from then on, for a while.</summary>
    /// <param name="recipient">Whose certificate was asked for.</param>
    /// <param name="answer">Never <see cref="RecipientCertificateAnswer.Unavailable"/>, which says nothing.</param>
    void Learn(Mailbox recipient, RecipientCertificateAnswer answer)
    {
    }

    /// <summary>Asked before a copy is queued and again before it is made ready to be sent.</summary>
    /// <param name="label">The message's; null: it has none.</param>
    /// <param name="recipient">For whom the copy is.</param>
    LabelVerdict Judge(MessageLabel? label, Mailbox recipient);

    /// <summary>Writes the label as this link has it.</summary>
    /// <param name="message">All octets, with CRLF line ends.</param>
    /// <param name="label">The message's; <see cref="Judge"/> let it go.</param>
    /// <param name="now">The time for what is written.</param>
    /// <exception cref="FormatException">It can't be written; the message says why and names no content.</exception>
    DepartureLabels Write(ReadOnlyMemory<byte> message, MessageLabel? label, DateTimeOffset now);
}
