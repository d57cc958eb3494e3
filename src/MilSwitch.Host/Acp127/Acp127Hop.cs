using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text;
using MilSwitch.Acp127;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// The next hop that a link finds behind a line: as much of SMTP as the relaying client speaks, over pipes within the process. So queues, levels, retries,
/// reports and operators' orders are those of every link. It offers neither DSN nor DELIVERBY nor REQUIRETLS, because a line can't keep such promises: the
/// link acts as before any hop without them. Serves one connection.
/// </summary>
internal sealed class Acp127Hop(PipeReader input, PipeWriter output, Acp127Sender sender)
{
    private const int LongestCommand = 4_096;

    private List<Mailbox> recipients = [];
    private Precedence? level;
    private bool hasMail;

    /// <summary>Serves until the client quits or closes; never throws.</summary>
    public async Task RunAsync()
    {
        Exception? fault = null;
        try
        {
            await ReplyAsync("220 ACP 127").ConfigureAwait(false);
            while (await ReadLineAsync(LongestCommand).ConfigureAwait(false) is { } line && await ServeAsync(line).ConfigureAwait(false))
            {
            }
        }
        catch (Exception broken)
        {
            // The client sees its connection break, and that is what it acts upon.
            fault = broken;
        }

        await input.CompleteAsync(fault).ConfigureAwait(false);
        await output.CompleteAsync(fault).ConfigureAwait(false);
    }

    private async Task<bool> ServeAsync(string line)
    {
        var verb = line.Split([' ', ':'], 2)[0].ToUpperInvariant();
        switch (verb)
        {
            case "EHLO":
                Forget();
                await ReplyAsync($"250-ACP 127\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE {MailToAcp127.MostOctets}\r\n250-ENHANCEDSTATUSCODES\r\n250 MT-PRIORITY STANAG4406").ConfigureAwait(false);
                return true;
            case "MAIL":
                Forget();
                hasMail = true;
                foreach (var word in line.Split(' '))
                {
                    if (word.StartsWith("MT-PRIORITY=", StringComparison.OrdinalIgnoreCase) && MtPriority.TryParse(word.AsSpan(12), out var priority)) level = priority.ToPrecedence();
                }

                await ReplyAsync("250 2.1.0 go on").ConfigureAwait(false);
                return true;
            case "RCPT":
                await ReplyAsync(Recipient(line)).ConfigureAwait(false);
                return true;
            case "DATA":
                if (recipients.Count is 0)
                {
                    await ReplyAsync("554 5.5.1 no recipient").ConfigureAwait(false);
                    return true;
                }

                await ReplyAsync("354 go on").ConfigureAwait(false);
                var content = await ReadContentAsync().ConfigureAwait(false);
                if (content is null) return false;
                var answer = content.Length > MailToAcp127.MostOctets
                    ? new Acp127Answer(550, "5.3.4", "more than ACP 127 can carry")
                    : await sender.SendAsync(content, [.. recipients], level, CancellationToken.None).ConfigureAwait(false);
                Forget();
                await ReplyAsync(answer.ToString()).ConfigureAwait(false);
                return true;
            case "RSET" or "NOOP":
                if (verb is "RSET") Forget();
                await ReplyAsync("250 2.0.0 done").ConfigureAwait(false);
                return true;
            case "QUIT":
                await ReplyAsync("221 2.0.0 out").ConfigureAwait(false);
                return false;
            default:
                await ReplyAsync("500 5.5.2 not known here").ConfigureAwait(false);
                return true;
        }
    }

    private string Recipient(string line)
    {
        var (from, to) = (line.IndexOf('<', StringComparison.Ordinal), line.LastIndexOf('>'));
        if (!hasMail || from < 0 || to < from || !Mailbox.TryParse(line[(from + 1)..to], allowUtf8: true, out var mailbox, out _)) return "501 5.5.4 not a recipient";
        if (!sender.Reaches(mailbox)) return "550 5.1.1 the directory has no routing indicator for it";
        recipients.Add(mailbox);
        return "250 2.1.5 go on";
    }

    private void Forget() => (recipients, level, hasMail) = ([], null, false);

    // Null: the client has gone, or doesn't keep to the size that it was told. What is too long comes back as too long, cut.
    private async Task<byte[]?> ReadContentAsync()
    {
        var content = new ArrayBufferWriter<byte>();
        while (await ReadOctetsAsync(2 * MailToAcp127.MostOctets).ConfigureAwait(false) is { } line)
        {
            if (line is [(byte)'.']) return content.WrittenSpan.ToArray();
            if (content.WrittenCount > MailToAcp127.MostOctets) continue;
            content.Write(line is [(byte)'.', ..] ? line.AsSpan(1) : line);
            content.Write("\r\n"u8);
        }

        return null;
    }

    private async Task<string?> ReadLineAsync(int longest) => await ReadOctetsAsync(longest).ConfigureAwait(false) is { } line ? Encoding.UTF8.GetString(line) : null;

    // Without CRLF. Null: the other side is closed, or the line is too long.
    private async Task<byte[]?> ReadOctetsAsync(int longest)
    {
        while (true)
        {
            var read = await input.ReadAsync().ConfigureAwait(false);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end).ToArray();
                input.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line is [.. var rest, (byte)'\r'] ? rest : line;
            }

            if (read.IsCompleted || read.Buffer.Length > longest) return null;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private async Task ReplyAsync(string reply) => await output.WriteAsync(Encoding.ASCII.GetBytes(reply + "\r\n")).ConfigureAwait(false);
}
