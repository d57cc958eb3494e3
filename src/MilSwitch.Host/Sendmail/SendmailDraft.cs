using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Precedences;
using MimeKit;
using MimeKit.Utils;

namespace MilSwitch.Host.Sendmail;

/// <summary>A message as programs of the machine write it, made ready for SMTP: nothing of its body is touched but the ends of lines.</summary>
internal sealed class SendmailDraft
{
    /// <summary>Octets of one message; the switch may take fewer.</summary>
    public const int MostOctets = 256 << 20;

    private const int MostHeaderOctets = 1 << 20;

    private readonly List<Field> fields = [];
    private readonly ReadOnlyMemory<byte> body;

    private SendmailDraft(ReadOnlyMemory<byte> text)
    {
        var rest = text;
        // Mailbox files and old programs begin so.
        if (rest.Span.StartsWith("From "u8) || rest.Span.StartsWith(">From "u8)) rest = rest[(rest.Span.IndexOf((byte)'\n') + 1)..];
        while (rest.Length > 0)
        {
            var line = LineOf(rest.Span);
            if (line is 2)
            {
                rest = rest[2..];
                break;
            }

            var colon = NameOf(rest.Span[..line]);
            // No field and no empty line: what follows is text.
            if (colon <= 0) break;
            var end = line;
            while (end < rest.Length && rest.Span[end] is (byte)' ' or (byte)'\t') end += LineOf(rest.Span[end..]);
            fields.Add(new Field(Encoding.ASCII.GetString(rest.Span[..colon].TrimEnd(" \t"u8)), rest[..end]));
            if (text.Length - rest.Length > MostHeaderOctets) throw new SendmailFault(SendmailFault.Content, "the header is larger than 1 MiB");
            rest = rest[end..];
        }

        body = rest;
    }

    /// <summary>Reads to the end, or to a line with one dot.</summary>
    /// <exception cref="SendmailFault">It is too large, or has what no message may have.</exception>
    public static async Task<SendmailDraft> ReadAsync(Stream input, bool ignoreDots, CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        var buffer = new byte[64 << 10];
        var (line, column, dot, cr) = (1, 0, false, false);
        while (await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
        {
            for (var i = 0; i < count; i++)
            {
                var octet = buffer[i];
                if (cr && octet is not (byte)'\n') throw new SendmailFault(SendmailFault.Content, $"line {line} has a carriage return that ends no line");
                cr = false;
                switch (octet)
                {
                    case 0:
                        throw new SendmailFault(SendmailFault.Content, $"line {line} has an octet of zero");
                    case (byte)'\r':
                        cr = true;
                        continue;
                    case (byte)'\n':
                        if (dot && column is 1 && !ignoreDots)
                        {
                            text.SetLength(text.Length - 1);
                            return new SendmailDraft(text.ToArray());
                        }

                        text.Write("\r\n"u8);
                        (line, column, dot) = (line + 1, 0, false);
                        break;
                    default:
                        if (column++ is 0) dot = octet is (byte)'.';
                        text.WriteByte(octet);
                        break;
                }
            }

            if (text.Length > MostOctets) throw new SendmailFault(SendmailFault.Content, "the message is larger than 256 MiB");
        }

        if (cr) throw new SendmailFault(SendmailFault.Content, $"line {line} has a carriage return that ends no line");
        if (column > 0) text.Write("\r\n"u8);
        return new SendmailDraft(text.ToArray());
    }

    public bool Has(string name) => fields.Any(f => f.Is(name));

    /// <summary>Everybody whom the fields of these names have, in their order.</summary>
    /// <exception cref="SendmailFault">A field has what is no address.</exception>
    public ImmutableArray<MailboxAddress> Addresses(string domain, params ReadOnlySpan<string> names)
    {
        var found = ImmutableArray.CreateBuilder<MailboxAddress>();
        foreach (var field in fields)
        {
            foreach (var name in names)
            {
                if (field.Is(name)) found.AddRange(Parse(field.Text, domain, name));
            }
        }

        return found.ToImmutable();
    }

    /// <exception cref="SendmailFault">It is no list of addresses.</exception>
    public static IEnumerable<MailboxAddress> Parse(string text, string domain, string where)
    {
        if (string.IsNullOrWhiteSpace(text)) return [];
        if (!InternetAddressList.TryParse(Strict, text, out var list)) throw new SendmailFault(SendmailFault.Content, $"{where}: no list of addresses");
        return list.Mailboxes.Select(m => Qualified(m, domain));
    }

    public void Remove(string name) => fields.RemoveAll(f => f.Is(name));

    public void Add(string name, string value) => fields.Add(new Field(name, Encoding.UTF8.GetBytes($"{name}: {value}\r\n")));

    /// <summary>Field names of the level where the message names none (RFC 6477 §3.8, §3.9).</summary>
    public void Mark(Precedence level)
    {
        var value = $"{(int)level} ({level.Keyword()})";
        foreach (var (name, whom) in ((string, string[])[])[("MMHS-Primary-Precedence", ["To"]), ("MMHS-Copy-Precedence", ["Cc", "Bcc"])])
        {
            if (!Has(name) && (whom.Any(Has) || name[5] is 'P')) Add(name, value);
        }
    }

    /// <summary>What every message has and a program may leave to its mail system (RFC 6409 §8).</summary>
    public void Complete(MailboxAddress sender, string domain, DateTimeOffset now)
    {
        if (!Has("From")) Add("From", Encoding.UTF8.GetString(Encoded(sender)));
        if (!Has("Date")) Add("Date", DateUtils.FormatDate(now));
        if (!Has("Message-ID")) Add("Message-ID", $"<{MimeUtils.GenerateMessageId(domain)}>");
    }

    public Stream Open()
    {
        var whole = new MemoryStream();
        foreach (var field in fields) whole.Write(field.Octets.Span);
        whole.Write("\r\n"u8);
        whole.Write(body.Span);
        whole.Position = 0;
        return whole;
    }

    private static ParserOptions Strict { get; } = new() { AddressParserComplianceMode = RfcComplianceMode.Strict, AllowAddressesWithoutDomain = true };

    // A name alone is somebody of this machine, as cron has it.
    private static MailboxAddress Qualified(MailboxAddress mailbox, string domain) =>
        mailbox.Address.Contains('@', StringComparison.Ordinal) ? mailbox : new MailboxAddress(mailbox.Name, $"{mailbox.Address}@{domain}");

    private static byte[] Encoded(MailboxAddress sender) => Encoding.ASCII.GetBytes(sender.ToString(FormatOptions.Default, encode: true));

    // All lines end with CRLF by now, but the last.
    private static int LineOf(ReadOnlySpan<byte> text) => text.IndexOf((byte)'\n') is var at and >= 0 ? at + 1 : text.Length;

    // RFC 5322 §2.2; blanks before the colon are of old (§4.5).
    private static int NameOf(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        return colon > 0 && !line[..colon].TrimEnd(" \t"u8).ContainsAnyExceptInRange((byte)'!', (byte)'~') ? colon : 0;
    }

    private sealed record Field(string Name, ReadOnlyMemory<byte> Octets)
    {
        public string Text => Encoding.UTF8.GetString(Octets.Span[(Octets.Span.IndexOf((byte)':') + 1)..]).Replace("\r\n", "", StringComparison.Ordinal).Trim();

        public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}
