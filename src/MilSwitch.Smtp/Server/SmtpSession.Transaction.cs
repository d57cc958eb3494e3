using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smtp.Server.Commands;
using MilSwitch.Smtp.Server.Framing;

namespace MilSwitch.Smtp.Server;

// The transaction: MAIL, RCPT, and the content by DATA or BDAT.
public sealed partial class SmtpSession
{
    /// <summary>Octets beyond the limit that are read and dropped, so that the client hears 552 and not a reset.</summary>
    private const long Patience = 16L << 20;

    /// <summary>A chunk below this size brings a message forward so little that it counts like NOOP.</summary>
    private const int TinyChunk = 512;

    private Transaction? transaction;
    private DataDecoder decoder;
    private long chunkRemaining;
    private bool chunkIsLast;
    private SmtpReply? chunkRefusal;

    internal ValueTask MailAsync(ReadOnlySpan<byte> argument)
    {
        if (!CommandText.TrySplitPath(argument, "FROM:"u8, out var path, out var parameters)) return Error(Replies.SenderSyntax);
        var draft = default(MailDraft);
        if (MailParameters.Read(parameters, offered, settings, services.Time.GetUtcNow(), ref draft) is { } refusal) return Error(refusal);
        var reversePath = ReversePath.Null;
        if (!path.IsEmpty)
        {
            if (path[0] == '@') return Error(Replies.SourceRoute);
            if (CommandText.Text(path) is not { } text) return Error(Replies.SenderSyntax);
            if (!Mailbox.TryParse(text, draft.SmtpUtf8, out var mailbox, out var fault))
                return Error(fault is AddressFault.NeedsSmtpUtf8 ? Replies.SenderNeedsUtf8 : Replies.SenderSyntax);
            // Postmaster without a domain is an address for RCPT only (RFC 5321 §4.1.1.3).
            if (mailbox.Domain.Length is 0) return Error(Replies.SenderSyntax);
            if (permittedAddresses is not null && !permittedAddresses.Contains(mailbox)) return Reply(Replies.NotYourAddress);
            reversePath = new ReversePath(mailbox);
        }

        return MailAsync(new MailRequest(reversePath)
        {
            DeclaredSize = draft.Size,
            Body = draft.Body,
            SmtpUtf8 = draft.SmtpUtf8,
            RequireTls = draft.RequireTls,
            Return = draft.Return,
            EnvelopeId = draft.EnvelopeId,
            Tracking = draft.Tracking,
            Priority = draft.Priority,
            DeliverBy = draft.DeliverBy,
            HoldUntil = draft.HoldUntil,
        });
    }

    private async ValueTask MailAsync(MailRequest mail)
    {
        var decision = await services.Intake.MailAsync(Client, mail, aborted);
        if (decision.Refusal is { } refusal)
        {
            WriteReply(Replies.For(refusal));
            return;
        }

        transaction = new Transaction(mail);
        if (decision.PriorityLowered is { } lowered) WriteLowered(lowered, "");
        else WriteReply(Replies.SenderOk);
    }

    // RFC 6710 §4.1: the new priority, a space, and words.
    private void WriteLowered(MtPriority priority, string more)
    {
        var reply = Replies.PriorityLowered;
        WriteText(string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {reply.EnhancedCode} {priority.Value} {reply.Text}{more}\r\n"));
    }

    internal ValueTask RecipientAsync(ReadOnlySpan<byte> argument)
    {
        var current = transaction!;
        if (!CommandText.TrySplitPath(argument, "TO:"u8, out var path, out var parameters)) return Error(Replies.RecipientSyntax);
        if (RecipientParameters.Read(parameters, offered, current.Mail.SmtpUtf8, out var notify, out var original) is { } refusal) return Error(refusal);
        if (!path.IsEmpty && path[0] == '@') return Error(Replies.SourceRoute);
        if (CommandText.Text(path) is not { } text) return Error(Replies.RecipientSyntax);
        if (!Mailbox.TryParse(text, current.Mail.SmtpUtf8, out var mailbox, out var fault))
            return Error(fault is AddressFault.NeedsSmtpUtf8 ? Replies.RecipientNeedsUtf8 : Replies.RecipientSyntax);
        // user%other@here, other!user@here and "user@other"@here ask a later host to relay on trust in this one.
        if (mailbox.LocalPart.AsSpan().ContainsAny('%', '!', '@')) return Error(Replies.SourceRoute);
        if (++current.RecipientsTried > limits.Recipients) return Reply(Replies.TooManyRecipients);
        return RecipientAsync(current, new Recipient(mailbox) { Notify = notify, OriginalRecipient = original });
    }

    private async ValueTask RecipientAsync(Transaction current, Recipient recipient)
    {
        var refusal = await services.Intake.RecipientAsync(Client, current.Mail, recipient, aborted);
        if (refusal is { } because)
        {
            WriteReply(Replies.For(because));
            return;
        }

        current.Recipients.Add(recipient);
        current.Phase = Phase.Recipients;
        WriteReply(Replies.RecipientOk);
    }

    internal ValueTask Data()
    {
        var current = transaction!;
        if (current.Phase is Phase.Mail) return Error(current.RecipientsTried is 0 ? Replies.BadSequence : Replies.NoValidRecipients);
        if (current.Mail.Body is BodyType.BinaryMime) return Error(Replies.BinaryNeedsChunks);
        decoder = new DataDecoder(limits.TextLine);
        current.ContentBegun = true;
        current.Waited = 0;
        mode = Mode.Data;
        return Reply(Replies.SendContent);
    }

    private async ValueTask<ReadOnlySequence<byte>> TakeDataAsync(ReadOnlySequence<byte> buffer)
    {
        var current = transaction!;
        long taken = 0;
        foreach (var memory in buffer)
        {
            var offset = 0;
            while (offset < memory.Length)
            {
                var step = decoder.Decode(memory.Span[offset..], out var consumed, out var start, out var length);
                if (decoder.Fault is not ContentFault.None && current.Fault is null) await FailContentAsync(current, decoder.Fault.Reply());
                if (length > 0)
                {
                    var storing = StoreAsync(current, memory.Slice(offset + start, length));
                    if (!storing.IsCompletedSuccessfully) await storing;
                }

                offset += consumed;
                if (step is not DataStep.More) SeeContent(current.Octets);
                if (step is DataStep.Smuggling)
                {
                    await EndTransactionAsync();
                    mode = Mode.Command;
                    WriteReply(Replies.Smuggling);
                }

                if (step is DataStep.End)
                {
                    mode = Mode.Command;
                    await EndContentAsync(current);
                    // Whoever sends line ends that other systems read differently may mean what follows for them.
                    if (decoder.Fault is ContentFault.BareCarriageReturn or ContentFault.BareLineFeed or ContentFault.Nul) closing = true;
                }

                if (closing || step is not DataStep.More) return buffer.Slice(taken + offset);
            }

            taken += memory.Length;
        }

        return buffer.Slice(buffer.End);
    }

    /// <summary>RFC 3030 §2. The octets of the chunk are taken from the stream in any case, or the connection ends.</summary>
    internal ValueTask Chunk(ReadOnlySpan<byte> argument)
    {
        var space = argument.IndexOf((byte)' ');
        var number = space < 0 ? argument : argument[..space];
        var marker = space < 0 ? default : argument[(space + 1)..].Trim((byte)' ');
        // Without a size nobody knows where the next command begins.
        if (!CommandText.TryNumber(number, 19, out chunkRemaining)) return Reply(Replies.ChunkSize);
        if (chunkRemaining > limits.MessageSize + Patience) return Reply(Replies.ChunkTooLarge);
        chunkIsLast = marker.Length is 4 && System.Text.Ascii.EqualsIgnoreCase(marker, "LAST"u8);
        chunkRefusal = ChunkRefusal(marker);
        mode = Mode.Chunk;
        if (!chunkIsLast && chunkRemaining < TinyChunk && ++idleCommands > limits.IdleCommands) return Reply(Replies.TooManyIdleCommands);
        if (chunkRefusal is null && transaction!.Phase is Phase.Recipients)
        {
            transaction.Phase = Phase.Chunks;
            transaction.ContentBegun = true;
            transaction.Waited = 0;
            transaction.Lines = new LineRules(limits.TextLine);
        }

        return default;
    }

    private SmtpReply? ChunkRefusal(ReadOnlySpan<byte> marker)
    {
        if (settings.TlsMode is ListenerTlsMode.Required && !Secure) return Replies.TlsFirst;
        if ((offered & Extensions.Chunking) == 0 || transaction is null) return Replies.BadSequence;
        if (!marker.IsEmpty && !chunkIsLast) return Replies.ArgumentSyntax;
        return transaction.Phase switch
        {
            Phase.Mail => transaction.RecipientsTried is 0 ? Replies.BadSequence : Replies.NoValidRecipients,
            Phase.Failed => Replies.BadSequence,
            _ => null,
        };
    }

    private async ValueTask<ReadOnlySequence<byte>> TakeChunkAsync(ReadOnlySequence<byte> buffer)
    {
        var taken = Math.Min(chunkRemaining, buffer.Length);
        chunkRemaining -= taken;
        if (chunkRefusal is not null) return buffer.Slice(taken);
        var current = transaction!;
        foreach (var memory in buffer.Slice(0, taken))
        {
            if (current.Fault is null && current.Mail.Body is not BodyType.BinaryMime)
            {
                current.Lines.Take(memory.Span);
                if (current.Lines.Fault is not ContentFault.None) await FailContentAsync(current, current.Lines.Fault.Reply());
            }

            var storing = StoreAsync(current, memory);
            if (!storing.IsCompletedSuccessfully) await storing;
            if (closing) break;
        }

        return buffer.Slice(taken);
    }

    private async ValueTask EndChunkAsync()
    {
        mode = Mode.Command;
        var current = transaction;
        if (chunkRefusal is { } refusal)
        {
            chunkRefusal = null;
            if (current is not null) await FailContentAsync(current, refusal);
            if (chunkIsLast) await EndTransactionAsync();
            await Error(refusal);
            return;
        }

        SeeContent(current!.Octets);
        if (chunkIsLast)
        {
            current!.Lines.End();
            if (current.Mail.Body is not BodyType.BinaryMime && current.Lines.Fault is not ContentFault.None && current.Fault is null)
                await FailContentAsync(current, current.Lines.Fault.Reply());
            await EndContentAsync(current);
        }
        else
        {
            WriteReply(current!.Fault ?? Replies.ChunkTaken);
        }
    }

    /// <summary>The content is whole: make it durable, then promise.</summary>
    private async ValueTask EndContentAsync(Transaction current)
    {
        if (current.Fault is { } fault)
        {
            await EndTransactionAsync();
            WriteReply(fault);
            return;
        }

        var incoming = current.Incoming ??= Begin(current);
        var result = await incoming.CompleteAsync(aborted);
        await EndTransactionAsync();
        if (result.Refusal is { } refusal)
        {
            if (result.Detail is { } detail) WriteReply(Replies.For(refusal), detail);
            else WriteReply(Replies.For(refusal));
            return;
        }

        errors = 0;
        idleCommands = 0;
        if (result.PriorityLowered is { } lowered)
        {
            WriteLowered(lowered, $"; accepted as {result.Id}");
            return;
        }

        WriteOctets("250 2.0.0 Accepted as "u8);
        WriteText(result.Id.ToString());
        WriteOctets("\r\n"u8);
    }

    private ValueTask StoreAsync(Transaction current, ReadOnlyMemory<byte> octets)
    {
        current.Octets += octets.Length;
        if (current.Octets > limits.MessageSize)
        {
            if (current.Octets > limits.MessageSize + Patience) WriteReply(Replies.EndlessContent);
            return current.Fault is null ? FailContentAsync(current, Replies.MessageTooLarge) : default;
        }

        if (current.Fault is not null) return default;
        current.Incoming ??= Begin(current);
        return current.Incoming.WriteAsync(octets, aborted);
    }

    // The content is lost, its octets are still to be read: give back at once what it occupies.
    private static async ValueTask FailContentAsync(Transaction current, SmtpReply because)
    {
        current.Fault ??= because;
        current.Phase = Phase.Failed;
        if (current.Incoming is not { } incoming) return;
        current.Incoming = null;
        await incoming.DisposeAsync();
    }

    private IIncomingMessage Begin(Transaction current)
    {
        var mail = current.Mail;
        return services.Intake.Begin(Client, new Envelope
        {
            ReversePath = mail.ReversePath,
            Recipients = current.Recipients.ToImmutable(),
            Body = mail.Body,
            SmtpUtf8 = mail.SmtpUtf8,
            RequireTls = mail.RequireTls,
            Return = mail.Return,
            EnvelopeId = mail.EnvelopeId,
            Tracking = mail.Tracking,
            Priority = mail.Priority,
            DeliverBy = mail.DeliverBy,
            HoldUntil = mail.HoldUntil,
            ArrivedAt = services.Time.GetUtcNow(),
            Origin = origin ??= new Origin
            {
                Listener = Client.Listener,
                ClientAddress = Client.Address,
                Helo = Client.Helo,
                AuthenticatedAs = Client.AuthenticatedAs,
                Tls = Client.Tls,
            },
        });
    }

    private async ValueTask EndTransactionAsync()
    {
        if (transaction is not { } current) return;
        transaction = null;
        if (current.Incoming is { } incoming) await incoming.DisposeAsync();
    }

    private sealed class Transaction(MailRequest mail)
    {
        public readonly MailRequest Mail = mail;
        public readonly ImmutableArray<Recipient>.Builder Recipients = ImmutableArray.CreateBuilder<Recipient>(1);
        public Phase Phase = Phase.Mail;
        public int RecipientsTried;
        public IIncomingMessage? Incoming;
        public LineRules Lines;
        public long Octets;

        /// <summary>The first thing wrong with the content.</summary>
        public SmtpReply? Fault;

        /// <summary>DATA or the first BDAT was taken: the pace counts.</summary>
        public bool ContentBegun;

        /// <summary>Time spent waiting for the client since then, in clock ticks; waiting for the store is not its fault.</summary>
        public long Waited;
    }
}
