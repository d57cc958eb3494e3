using System.Buffers.Text;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Smtp.Client;

public sealed partial class SmtpClientConnection
{
    /// <summary>RFC 3030: octets per BDAT, and so the grain at which a connection is given up to a more urgent message.</summary>
    private const int ChunkSize = 256 << 10;

    /// <summary>Content in memory up to this goes out in one write.</summary>
    private const int SmallContent = 128 << 10;

    /// <summary>Octets per write of a long DATA.</summary>
    private const int DataPiece = 64 << 10;

    /// <summary>
    /// RFC 2920 §3.1: a group must not be so long that both sides wait for the other to read. The replies to this many
    /// commands fit into any socket's buffers.
    /// </summary>
    private const int CommandsPerGroup = 100;

    /// <summary>Room before a chunk for <c>BDAT n LAST</c>.</summary>
    private const int ChunkHeader = 32;

    /// <summary>Content on its way to the output buffer: without MT-Priority fields, not yet stuffed.</summary>
    private readonly OutputBuffer staging = new();

    /// <summary>Content as it was stored, when it is to be filtered piece by piece.</summary>
    private readonly OutputBuffer unfiltered = new();

    /// <summary>Positions of the recipients whose RCPT is written or about to be, and not answered.</summary>
    private readonly List<int> asked = [];

    private Reply?[] outcome = [];
    private ContentScan scan;
    private MtPriorityFieldFilter filter;
    private long contentRead;
    private bool begun;
    private bool mailAsked;
    private bool resetAsked;
    private bool resetDue;
    private bool hopClosing;
    private bool deadlineDropped;
    private bool tracked;
    private bool lastOctetsWritten;
    private string fault = "";

    /// <summary>Recipients without a refusal so far.</summary>
    private int Open
    {
        get
        {
            var count = 0;
            foreach (var reply in outcome)
            {
                if (reply is null) count++;
            }

            return count;
        }
    }

    /// <summary>
    /// Makes one transaction. Nothing the peer does is thrown; what <see cref="OutgoingMessage.BeforeFinalDot"/> throws and
    /// what reading the content throws is (but for <see cref="IOException"/>, which is a lost connection), after the
    /// connection was dropped before the final dot. Cancellation is a lost connection too: <see cref="TransactionEnd.Lost"/>,
    /// or <see cref="TransactionEnd.Unknown"/> behind the final dot.
    /// A connection whose last result was not <see cref="TransactionResult.Reusable"/> gives <see cref="TransactionEnd.Lost"/>,
    /// and so does one that the hop closed while it was idle: nothing was sent, and another connection may serve.
    /// </summary>
    public async ValueTask<TransactionResult> SendAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var result = await AttemptAsync(message, cancellationToken);
        SmtpClientMeter.CountTransaction(settings, result.End, time.GetElapsedTime(started));
        return result;
    }

    private async ValueTask<TransactionResult> AttemptAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        if (closed) return new TransactionResult(TransactionEnd.Lost, [], false, "the connection is closed");
        outcome = new Reply?[message.Recipients.Length];
        asked.Clear();
        scan = default;
        filter = default;
        contentRead = 0;
        begun = mailAsked = resetAsked = deadlineDropped = tracked = lastOctetsWritten = written = false;
        inContent = false;
        fault = "";
        var heardBefore = replies.Count;
        await using var registration = cancellationToken.UnsafeRegister(CancelDeadline, deadline);
        try
        {
            return await TransactAsync(message);
        }
        catch (Exception e) when (IsPeerFault(e))
        {
            Abort();
            fault = Describe(e);
            // Whoever was refused was refused, even when nothing sensible came behind it.
            if (Open == 0) return Answered();
            var given = ImmutableCollectionsMarshal.AsImmutableArray(outcome);
            if (lastOctetsWritten) return new TransactionResult(TransactionEnd.Unknown, [], false, fault) { Given = given };
            // Nonsense, or content that can't be read, is not the connection's end.
            var broke = written && e is not SmtpProtocolException && !cancellationToken.IsCancellationRequested;
            return new TransactionResult(TransactionEnd.Lost, [], false, fault) { Given = given, Unheard = broke && replies.Count == heardBefore };
        }
        catch
        {
            Abort();
            throw;
        }
        finally
        {
            Disarm();
            output.Release();
            staging.Release();
            unfiltered.Release();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TransactionResult> TransactAsync(OutgoingMessage message)
    {
        var envelope = message.Envelope;
        var inline = message.Content.Inline is { } octets && octets.Length + message.Trace.Length <= SmallContent;
        if (inline) Scan(message.Trace.Span, message.Content.Inline!.Value.Span);
        ContentScan? known = inline ? scan : null;
        var priority = PriorityOf(message);
        var tunnelled = priority is not null && !Capabilities.MtPriority && settings.TunnelPriority ? priority : null;
        var size = message.Trace.Length + message.Content.Length + (tunnelled is null ? 0 : "MT-Priority: -9\r\n".Length);
        var now = time.GetUtcNow();
        if (HopRequirements.Refusal(envelope, Target, Capabilities, TlsVerified, size, known, now) is { } refusal)
        {
            Decide(refusal);
            return Answered();
        }

        var smtpUtf8 = envelope.SmtpUtf8 || envelope.ReversePath.Mailbox is { NeedsUtf8: true };
        for (var i = 0; i < outcome.Length; i++)
        {
            var recipient = envelope.Recipients[message.Recipients[i]];
            outcome[i] = HopRequirements.Refusal(recipient, Capabilities);
            smtpUtf8 = smtpUtf8 || recipient.Address.NeedsUtf8;
        }

        if (Open == 0) return Answered();
        if (transport.HasInput(transportStream) || replies.Buffered > 0) return Ended();

        begun = true;
        if (resetDue)
        {
            output.Append("RSET\r\n"u8);
            resetAsked = true;
            resetDue = false;
            if (!Capabilities.Pipelining && !await ExchangeAsync()) return Answered();
        }

        // Content that can't be looked at before it is sent is declared as what it may be.
        var eightBit = !inline || scan.EightBit || envelope.Body == BodyType.EightBitMime;
        // RFC 6710 §4.2 rule 1 with RFC 6758 §3.2: the parameter goes out for unmarked mail too, with the level it was given.
        var relayed = priority ?? MtPriority.From(envelope.Recipients[message.Recipients[0]].Precedence);
        EnvelopeCommands.AppendMail(output, envelope, Capabilities, smtpUtf8 && Capabilities.SmtpUtf8, eightBit, relayed, size, now);
        mailAsked = true;
        tracked = EnvelopeCommands.Tracking(envelope, Capabilities, now) is not null;
        deadlineDropped = envelope.DeliverBy is { Mode: DeliverByMode.Notify } by && !Capabilities.DeliverBy && by.Deadline > now;
        if (!await AskRecipientsAsync(message)) return Answered();
        if (tunnelled is { } value) AppendField(value);
        if (inline && tunnelled is not null)
        {
            filter.Append(message.Content.Inline!.Value.Span, staging);
            filter.Complete(staging);
        }

        if (!Capabilities.Chunking) return await SendDataAsync(message, inline, tunnelled is not null);
        return inline
            ? await SendOneChunkAsync(message, tunnelled is null ? message.Content.Inline!.Value : staging.Written)
            : await SendChunksAsync(message, tunnelled is not null);
    }

    /// <summary>
    /// MAIL and RCPT; with PIPELINING the last group stays unsent, to go with what follows. False: every recipient is decided.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AskRecipientsAsync(OutgoingMessage message)
    {
        if (!Capabilities.Pipelining && !await ExchangeAsync()) return false;
        for (var i = 0; i < outcome.Length; i++)
        {
            if (outcome[i] is not null) continue;
            EnvelopeCommands.AppendRecipient(output, message.Envelope.Recipients[message.Recipients[i]], Capabilities, deadlineDropped);
            asked.Add(i);
            var more = Capabilities.Pipelining && asked.Count < CommandsPerGroup;
            if (!more && !await ExchangeAsync()) return false;
        }

        return true;
    }

    /// <summary>Sends the group and reads its replies. False: every recipient is decided.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ExchangeAsync()
    {
        ThrowIfAnswered();
        await WriteAsync(output.Written, settings.CommandTimeout);
        output.Clear();
        await ReadEnvelopeRepliesAsync();
        // Nobody is left, yet MAIL stands.
        if (Open > 0) return true;
        resetDue = true;
        return false;
    }

    /// <summary>
    /// One reply per command, in their order and by count alone (RFC 2920 §3.1). Stops at 421, behind which nothing comes
    /// (RFC 5321 §3.8).
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadEnvelopeRepliesAsync()
    {
        if (resetAsked)
        {
            resetAsked = false;
            await ReadReplyAsync(settings.CommandTimeout);
            if (IsFarewell()) return;
            if (!replies.IsPositive) throw new SmtpProtocolException($"RSET was answered {replies.Code}");
        }

        if (mailAsked)
        {
            mailAsked = false;
            await ReadReplyAsync(settings.CommandTimeout);
            if (IsFarewell()) return;
            if (replies.IsRefusal) Decide(replies.ToReply());
            else if (!replies.IsPositive) throw new SmtpProtocolException($"MAIL was answered {replies.Code}");
        }

        foreach (var i in asked)
        {
            await ReadReplyAsync(settings.CommandTimeout);
            if (IsFarewell()) return;
            if (replies.IsRefusal) outcome[i] ??= RecipientRefusal();
            else if (!replies.IsPositive) throw new SmtpProtocolException($"RCPT was answered {replies.Code}");
        }

        asked.Clear();
    }

    /// <summary>MAIL, RCPT, the only chunk and its content in one write, when the hop takes pipelined commands.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TransactionResult> SendOneChunkAsync(OutgoingMessage message, ReadOnlyMemory<byte> content)
    {
        if (!await MayEndAsync(message)) return Abandoned();
        output.Append("BDAT "u8);
        output.Append(message.Trace.Length + content.Length);
        output.Append(" LAST\r\n"u8);
        output.Append(message.Trace.Span);
        output.Append(content.Span);
        ThrowIfAnswered();
        lastOctetsWritten = true;
        await WriteAsync(output.Written, settings.CommandTimeout);
        await ReadEnvelopeRepliesAsync();
        if (hopClosing) return Answered();
        // RFC 3030 §2: after a refused chunk the state is anybody's guess until RSET; so it is when no recipient was taken.
        resetDue = Open == 0;
        await ReadFinalReplyAsync();
        resetDue = resetDue || replies.IsRefusal;
        return Answered();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TransactionResult> SendChunksAsync(OutgoingMessage message, bool filtered)
    {
        if (asked.Count > 0 && !await ExchangeAsync()) return Answered();
        // What is staged goes first: nothing, or the MT-Priority field.
        var field = staging.Written.ToArray();
        staging.Clear();
        for (var first = true; ; first = false)
        {
            output.Clear();
            output.Room(ChunkHeader + ChunkSize);
            output.Advance(ChunkHeader);
            if (first)
            {
                Add(message.Trace.Span, output);
                Add(field, output);
            }

            var last = await FillAsync(message.Content, output, ChunkHeader + ChunkSize, filtered);
            if (ContentRefusal(message.Envelope) is { } refusal) return Withdrawn(refusal);
            if (last && !await MayEndAsync(message)) return Abandoned();
            ThrowIfAnswered();
            lastOctetsWritten = last;
            await WriteAsync(Chunk(last), settings.CommandTimeout);
            if (last) break;
            await ReadReplyAsync(settings.CommandTimeout);
            if (IsFarewell()) return Answered();
            if (replies.IsRefusal)
            {
                Decide(replies.ToReply());
                resetDue = true;
                return Answered();
            }

            if (!replies.IsPositive) throw new SmtpProtocolException($"BDAT was answered {replies.Code}");
            if (message.GiveWay?.Invoke() == true) return await GiveWayAsync();
        }

        await ReadFinalReplyAsync();
        resetDue = replies.IsRefusal;
        return Answered();
    }

    private ReadOnlyMemory<byte> Chunk(bool last)
    {
        Span<byte> header = stackalloc byte[ChunkHeader];
        "BDAT "u8.CopyTo(header);
        Utf8Formatter.TryFormat(output.Length - ChunkHeader, header["BDAT ".Length..], out var digits);
        var length = "BDAT ".Length + digits;
        var end = last ? " LAST\r\n"u8 : "\r\n"u8;
        end.CopyTo(header[length..]);
        return output.WithHeader(header[..(length + end.Length)], ChunkHeader);
    }

    /// <summary>RFC 3030 §2: RSET between chunks takes everything back.</summary>
    private async ValueTask<TransactionResult> GiveWayAsync()
    {
        output.Clear();
        output.Append("RSET\r\n"u8);
        ThrowIfAnswered();
        await WriteAsync(output.Written, settings.CommandTimeout);
        await ReadReplyAsync(settings.CommandTimeout);
        var reusable = replies.IsPositive && replies.Buffered == 0;
        if (!reusable) Abort();
        return new TransactionResult(TransactionEnd.GaveWay, [], Capabilities.Dsn) { Reusable = reusable };
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TransactionResult> SendDataAsync(OutgoingMessage message, bool inline, bool filtered)
    {
        output.Append("DATA\r\n"u8);
        ThrowIfAnswered();
        await WriteAsync(output.Written, settings.CommandTimeout);
        output.Clear();
        await ReadEnvelopeRepliesAsync();
        if (hopClosing) return Answered();
        await ReadReplyAsync(settings.CommandTimeout);
        if (IsFarewell()) return Answered();
        if (replies.IsRefusal)
        {
            Decide(replies.ToReply());
            resetDue = true;
            return Answered();
        }

        if (replies.Code != 354) throw new SmtpProtocolException($"DATA was answered {replies.Code}");
        ThrowIfAnswered();
        inContent = true;
        contentWritten = 0;
        if (Open == 0)
        {
            // RFC 2033 §4.2.
            if (settings.Protocol == LinkProtocol.Lmtp) throw new SmtpProtocolException("took DATA without a recipient");
            // RFC 2920 §3.1: the hop took DATA though it took nobody; it gets a dot and no octet of the message.
            output.Append(".\r\n"u8);
            await WriteAsync(output.Written, settings.CommandTimeout);
            await ReadFinalReplyAsync();
            resetDue = true;
            return Answered();
        }

        var stuffer = new DotStuffer();
        stuffer.Append(message.Trace.Span, output);
        if (inline)
        {
            stuffer.Append(filtered ? staging.WrittenSpan : message.Content.Inline!.Value.Span, output);
        }
        else
        {
            scan.Add(message.Trace.Span);
            scan.Add(staging.WrittenSpan);
            for (var last = false; !last;)
            {
                last = await FillAsync(message.Content, staging, DataPiece, filtered);
                if (ContentRefusal(message.Envelope) is { } refusal) return Withdrawn(refusal);
                stuffer.Append(staging.WrittenSpan, output);
                staging.Clear();
                if (last) break;
                if (await AnsweredEarlyAsync()) return Answered();
                await WriteAsync(output.Written, settings.CommandTimeout);
                output.Clear();
            }
        }

        stuffer.AppendEnd(output);
        if (!await MayEndAsync(message)) return Abandoned();
        if (await AnsweredEarlyAsync()) return Answered();
        lastOctetsWritten = true;
        await WriteAsync(output.Written, settings.CommandTimeout);
        await ReadFinalReplyAsync();
        return Answered();
    }

    /// <summary>
    /// An answer before the end of the content: a refusal counts, but the connection is of no more use; a promise for
    /// something the hop does not have yet is a lie. In TLS there is no looking without reading.
    /// </summary>
    private async ValueTask<bool> AnsweredEarlyAsync()
    {
        if (Tls is not null || !transport.HasInput(transportStream)) return false;
        await ReadReplyAsync(settings.CommandTimeout);
        if (!replies.IsRefusal) throw new SmtpProtocolException($"answered {replies.Code} before the end of the content");
        Decide(replies.ToReply());
        Abort();
        return true;
    }

    /// <summary>Adds content to the buffer until it holds the given number of octets. True at the end of the content.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(ContentReader content, OutputBuffer into, int upTo, bool filtered)
    {
        var target = filtered ? unfiltered : into;
        while (into.Length < upTo && contentRead < content.Length)
        {
            var room = (int)Math.Min(Math.Min(upTo - into.Length, DataPiece), content.Length - contentRead);
            var piece = target.Room(room)[..room];
            var count = await content.ReadAsync(piece, deadline.Token);
            // A damaged message is never sent: without an end the hop throws it away.
            if (count == 0) throw new IOException("the stored content is shorter than it was");
            contentRead += count;
            scan.Add(piece.Span[..count]);
            if (filtered) filter.Append(piece.Span[..count], into);
            else into.Advance(count);
        }

        if (contentRead < content.Length) return false;
        if (filtered) filter.Complete(into);
        scan.Complete();
        return true;
    }

    private void Add(ReadOnlySpan<byte> octets, OutputBuffer into)
    {
        scan.Add(octets);
        into.Append(octets);
    }

    private void Scan(ReadOnlySpan<byte> trace, ReadOnlySpan<byte> content)
    {
        scan.Add(trace);
        scan.Add(content);
        scan.Complete();
    }

    private Reply? ContentRefusal(Envelope envelope)
    {
        if (envelope.Body == BodyType.BinaryMime) return null;
        if (scan.BareLineEnd) return HopRequirements.BareLineEnd;
        return scan.EightBit && !Capabilities.EightBitMime ? HopRequirements.EightBitRefused : null;
    }

    private void AppendField(MtPriority value)
    {
        staging.Append("MT-Priority: "u8);
        staging.Append(value.Value);
        staging.Append("\r\n"u8);
    }

    private ValueTask<bool> MayEndAsync(OutgoingMessage message)
    {
        if (message.BeforeFinalDot is not { } ask) return ValueTask.FromResult(true);
        // The time the store takes is not the hop's.
        Disarm();
        return ask(deadline.Token);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadFinalReplyAsync()
    {
        EndContent();
        if (settings.Protocol == LinkProtocol.Lmtp)
        {
            await ReadRecipientRepliesAsync();
            return;
        }

        await ReadReplyAsync(settings.FinalDotTimeout);
        if (IsFarewell()) return;
        if (!replies.IsRefusal && !replies.IsPositive) throw new SmtpProtocolException($"the content was answered {replies.Code}");
        Decide(replies.ToReply());
    }

    /// <summary>RFC 2033 §4.2, §4.3: one reply for each recipient whom RCPT took, in their order; none when it took nobody.</summary>
    private async ValueTask ReadRecipientRepliesAsync()
    {
        for (var i = 0; i < outcome.Length; i++)
        {
            if (outcome[i] is not null) continue;
            await ReadReplyAsync(settings.FinalDotTimeout);
            if (IsFarewell()) return;
            if (!replies.IsRefusal && !replies.IsPositive) throw new SmtpProtocolException($"the content was answered {replies.Code}");
            outcome[i] = replies.ToReply();
        }
    }

    /// <summary>RFC 5321 §3.8: 421 may answer any command, and the hop closes behind it.</summary>
    private bool IsFarewell()
    {
        if (replies.Code != 421) return false;
        Decide(replies.ToReply());
        hopClosing = true;
        return true;
    }

    /// <summary>The reply counts for everybody who has none yet.</summary>
    private void Decide(Reply reply)
    {
        foreach (ref var slot in outcome.AsSpan()) slot ??= reply;
    }

    private Reply RecipientRefusal()
    {
        var reply = replies.ToReply();
        // RFC 5321 §4.5.3.1.10: 552 to a later RCPT means too many recipients, and to try again. A full mailbox says 5.2.2.
        var tooMany = reply.Code == 552 && reply.Status is null or { Subject: 5, Detail: 3 };
        return tooMany && outcome.Length > 1 ? reply with { Code = 452, Status = new EnhancedStatusCode(4, 5, 3) } : reply;
    }

    private static MtPriority? PriorityOf(OutgoingMessage message)
    {
        MtPriority? highest = null;
        foreach (var i in message.Recipients)
        {
            if (message.Envelope.Recipients[i].Priority is { } value && (highest is null || value.Value > highest.Value.Value)) highest = value;
        }

        return highest;
    }

    private TransactionResult Answered()
    {
        if (begun) MessagesSent++;
        if (!closed && (hopClosing || replies.Buffered > 0))
        {
            if (!hopClosing) fault = "the hop answers more than it was asked";
            Abort();
        }

        return new TransactionResult(TransactionEnd.Answered, ImmutableCollectionsMarshal.AsImmutableArray(outcome)!, Capabilities.Dsn, fault)
        {
            Reusable = !closed,
            DeadlineDropped = deadlineDropped,
            HopTracks = tracked,
        };
    }

    private TransactionResult Ended()
    {
        Abort();
        return new TransactionResult(TransactionEnd.Lost, [], false, "the hop closed the connection, or spoke, while it was idle") { Unheard = true };
    }

    private TransactionResult Abandoned()
    {
        Abort();
        return new TransactionResult(TransactionEnd.Lost, [], false, "abandoned before the end of the content");
    }

    /// <summary>Found in the midst of sending that the content must not be sent: the hop must never see its end.</summary>
    private TransactionResult Withdrawn(Reply refusal)
    {
        Abort();
        Decide(refusal);
        return Answered();
    }
}
