using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Testing;

/// <summary>What a blast is made of.</summary>
public sealed record BlastOptions
{
    public required int Port { get; init; }

    /// <summary>The address it sends to.</summary>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    /// <summary>The address to come from; null: 127.0.0.1.</summary>
    public IPAddress? From { get; init; }

    /// <summary>Connections at once.</summary>
    public int Sessions { get; init; } = 20;

    /// <summary>In all sessions together.</summary>
    public long Messages { get; init; } = long.MaxValue;

    /// <summary>Octets of each content, header included; at least 512.</summary>
    public int Size { get; init; } = 4096;

    public string Sender { get; init; } = "load@client.test";

    /// <summary>The recipient by serial.</summary>
    public Func<long, string> Recipient { get; init; } = static _ => "load@sink.test";

    /// <summary>MT-PRIORITY by serial; null sends none.</summary>
    public Func<long, Precedence?> Precedence { get; init; } = static _ => null;

    /// <summary>A new connection for every message.</summary>
    public bool ReconnectEachTime { get; init; }

    /// <summary>A session whose connection breaks connects again, until cancelled; else it ends.</summary>
    public bool KeepTrying { get; init; }

    /// <summary>Between two messages of a session.</summary>
    public TimeSpan Pause { get; init; }
}

/// <param name="Accepted">Answered 250.</param>
/// <param name="Refused">Answered otherwise.</param>
/// <param name="Broken">Connections that broke.</param>
/// <param name="Replies">How often each final reply code came.</param>
public sealed record BlastResult(long Accepted, long Refused, long Broken, TimeSpan Elapsed, IReadOnlyDictionary<int, int> Replies)
{
    public double Rate => Accepted / Elapsed.TotalSeconds;
}

/// <summary>A fast client that writes down every serial it was answered 250 for.</summary>
public static class SmtpBlaster
{
    /// <summary>Ends when all messages had an answer, when every session broke, or, quietly, when cancelled.</summary>
    public static async Task<BlastResult> RunAsync(BlastOptions options, Ledger ledger, CancellationToken cancellationToken = default)
    {
        var run = new Run(options, ledger);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, options.Sessions).Select(_ => Task.Run(() => run.SessionAsync(cancellationToken), CancellationToken.None)))
            .ConfigureAwait(false);
        return new BlastResult(run.Accepted, run.Refused, run.Broken, watch.Elapsed, run.Replies);
    }

    /// <summary>One message on a connection of its own.</summary>
    public static Task<BlastResult> ProbeAsync(int port, Ledger ledger, Precedence? precedence, int size = 1024, CancellationToken cancellationToken = default) =>
        RunAsync(new BlastOptions { Port = port, Sessions = 1, Messages = 1, Size = size, Precedence = _ => precedence }, ledger, cancellationToken);

    /// <summary>The content of a serial; ends in CRLF, needs no dot stuffing.</summary>
    public static byte[] Content(long serial, string sender, string recipient, int size)
    {
        var head = $"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: load {serial}\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
            + $"Message-ID: <{serial}.{Environment.ProcessId}@client.test>\r\n{Ledger.Field}: {serial}\r\n\r\n";
        var octets = new byte[Math.Max(size, head.Length + 2)];
        var body = octets.AsSpan(Encoding.ASCII.GetBytes(head, octets));
        body.Fill((byte)'x');
        for (var i = 76; i + 2 <= body.Length; i += 78) "\r\n"u8.CopyTo(body[i..]);
        // A line that would end in a lone CR or LF at the very end is avoided by writing the end last.
        if (body.Length >= 3 && body[^3] == '\r') body[^3] = (byte)'x';
        "\r\n"u8.CopyTo(body[^2..]);
        return octets;
    }

    private sealed class Run(BlastOptions options, Ledger ledger)
    {
        private readonly ConcurrentDictionary<int, int> replies = new();
        private long left = options.Messages;
        private long accepted;
        private long refused;
        private long broken;

        public long Accepted => accepted;

        public long Refused => refused;

        public long Broken => broken;

        public IReadOnlyDictionary<int, int> Replies => replies;

        public async Task SessionAsync(CancellationToken cancellationToken)
        {
            try
            {
                do
                {
                    await ConnectionAsync(cancellationToken).ConfigureAwait(false);
                }
                while ((options.ReconnectEachTime || options.KeepTrying) && Volatile.Read(ref left) > 0 && !cancellationToken.IsCancellationRequested);
            }
            catch (OperationCanceledException)
            {
                // That is how an endless blast ends.
            }
        }

        private async Task ConnectionAsync(CancellationToken cancellationToken)
        {
            SmtpDialogue client;
            try
            {
                client = await SmtpDialogue.ConnectAsync(new IPEndPoint(options.Host, options.Port), from: options.From, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                Interlocked.Increment(ref broken);
                if (!options.KeepTrying) Interlocked.Exchange(ref left, options.ReconnectEachTime ? 0 : left);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken).ConfigureAwait(false);
                return;
            }

            await using (client)
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var serial = ledger.NextSerial();
                    if (!await MessageAsync(client, serial).ConfigureAwait(false)) return;
                    if (options.ReconnectEachTime) break;
                    if (options.Pause > TimeSpan.Zero) await Task.Delay(options.Pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                }

                await client.SendAsync("QUIT\r\n"u8.ToArray(), CancellationToken.None).ConfigureAwait(false);
            }
        }

        // A message that was begun is ended, so that the book is right; only the pause between messages is cancelled.
        private async ValueTask<bool> MessageAsync(SmtpDialogue client, long serial)
        {
            var recipient = options.Recipient(serial);
            var level = options.Precedence(serial);
            var parameter = level is { } precedence ? $" MT-PRIORITY={MtPriority.From(precedence)}" : "";
            var commands = Encoding.ASCII.GetBytes($"MAIL FROM:<{options.Sender}>{parameter}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n");
            if (!await client.SendAsync(commands).ConfigureAwait(false)) return Break();
            var answer = DialogueReply.Gone;
            var refusal = DialogueReply.Gone;
            for (var i = 0; i < 3; i++)
            {
                answer = await client.ReadAsync().ConfigureAwait(false);
                if (answer.Code is 0 or 421) return Break();
                if (!answer.IsPositive && refusal.Code is 0) refusal = answer;
            }

            if (answer.Code != 354)
            {
                Count(refusal.Code is 0 ? answer : refusal);
                return (await client.SayAsync("RSET").ConfigureAwait(false)).IsPositive || Break();
            }

            var content = Content(serial, options.Sender, recipient, options.Size);
            var octets = new byte[content.Length + 3];
            content.CopyTo(octets, 0);
            ".\r\n"u8.CopyTo(octets.AsSpan(content.Length));
            if (await client.SendAsync(octets).ConfigureAwait(false))
            {
                answer = await client.ReadAsync().ConfigureAwait(false);
                if (answer.Code is not 0)
                {
                    if (answer.Code is 250) ledger.Accept(serial);
                    Count(answer);
                    return answer.Code is not 421 || Break();
                }
            }

            ledger.Unanswered(serial);
            return Break();
        }

        private bool Break()
        {
            Interlocked.Increment(ref broken);
            return false;
        }

        private void Count(DialogueReply reply)
        {
            if (reply.Code is 250) Interlocked.Increment(ref accepted);
            else Interlocked.Increment(ref refused);
            replies.AddOrUpdate(reply.Code, 1, static (_, n) => n + 1);
        }
    }
}
