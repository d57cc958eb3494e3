using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;
using MilSwitch.Mime;

namespace MilSwitch.Acp127;

/// <summary>
/// Makes mail with the fields of RFC 6477 of a message of ACP 127 (§7). Nothing is left out silently: what has no place in mail is a garble with
/// its line. Format lines 1, 2, 10 and 15 belong to the transmission, which ends here. Stateless and thread-safe; never throws for any octets.
/// </summary>
public static class Acp127ToMail
{
    /// <summary>Reads octets and makes mail of them.</summary>
    public static Acp127Mail Make(ReadOnlySpan<byte> octets, Acp127Edge edge)
    {
        var reading = Acp127Reader.Read(octets);
        if (reading.Message is not { } message) return new Acp127Mail { Garble = reading.Garble, Precedence = reading.Precedence };
        var pass = new Pass(message, edge);
        var mail = pass.Make();
        return mail.Garble is { } garble && pass.Culprit is { } line ? mail with { Garble = garble with { Line = LineOf(octets, line) } } : mail;
    }

    /// <summary>Makes mail of a message that was read; a garble has no line.</summary>
    public static Acp127Mail Make(Acp127Message message, Acp127Edge edge) => new Pass(message, edge).Make();

    // The first line that has the words between spaces or its ends; 0: none does.
    private static int LineOf(ReadOnlySpan<byte> octets, string words)
    {
        var number = 0;
        foreach (var line in Encoding.Latin1.GetString(octets).Split('\n'))
        {
            number++;
            if ($" {line.TrimEnd('\r', ' ')} ".Contains($" {words} ", StringComparison.Ordinal)) return number;
        }

        return 0;
    }

    private sealed class Pass(Acp127Message message, Acp127Edge edge)
    {
        private readonly List<Mailbox> recipients = [];
        private readonly HashSet<string> served = new(StringComparer.Ordinal);
        private Acp127Garble? garble;

        /// <summary>Words of the line that can't be mapped; null: no single line is to blame.</summary>
        public string? Culprit { get; private set; }

        public Acp127Mail Make()
        {
            var head = message.Head;
            var fields = MmhsFields.None with
            {
                ExtendedAuthorisationInfo = message.DateTimeGroup,
                HandlingInstructions = message.Instructions,
                PrimaryPrecedence = new PrecedenceNumber((int)message.Precedence),
                CopyPrecedence = message.CopyPrecedence is { } copy ? new PrecedenceNumber((int)copy) : message.Info.IsEmpty ? null : new PrecedenceNumber((int)message.Precedence),
                Acp127MessageIdentifier = message.Identifier,
                SubjectIndicatorCodes = head.SubjectIndicatorCodes,
                OriginatorReference = head.OriginatorReference,
                MessageInstructions = head.MessageInstructions,
                MessageType = head.MessageType,
                OriginatorPlad = message.From?.Name,
                CodressMessageIndicator = message.From is null ? message.Groups : null,
                ExemptedAddresses = [.. message.Exempted.Select(Exempted).OfType<MmhsAddress>()],
            };
            ImmutableArray<MmhsAddress> to, info = [];
            if (message.From is null)
            {
                to = Codress();
            }
            else
            {
                to = Own(message.To, 7, out var others);
                info = Own(message.Info, 8, out var copies);
                fields = fields with { OtherRecipientsTo = others, OtherRecipientsCc = copies };
            }

            var from = Originator();
            if (garble is null && message.Called.FirstOrDefault(c => !served.Contains(c)) is { } called) Fail(2, called, $"{called} is called, and no addressee of the message is served by it");
            if (garble is null && recipients.Count is 0) Fail(7, null, "nobody whom this transmission calls is addressed");
            if (garble is not null) return new Acp127Mail { Message = message, Garble = garble, Precedence = message.RelayPrecedence };
            try
            {
                // Without an originator there is a garble.
                return new Acp127Mail { Message = message, Content = Write(from!, to, info, fields, head), Recipients = [.. recipients], Precedence = message.RelayPrecedence };
            }
            catch (FormatException fault)
            {
                return new Acp127Mail { Message = message, Garble = new Acp127Garble(0, 0, fault.Message), Precedence = message.RelayPrecedence };
            }
        }

        // Who sends a message over this line leaves to it everybody whom format line 2 calls, and nobody else.
        private ImmutableArray<MmhsAddress> Own(ImmutableArray<Acp127Addressee> addressees, int formatLine, out ImmutableArray<string> others)
        {
            var own = ImmutableArray.CreateBuilder<MmhsAddress>();
            var rest = ImmutableArray.CreateBuilder<string>();
            foreach (var addressee in addressees)
            {
                var station = edge.Directory.Find(addressee.Name);
                var routing = addressee.Routing ?? station?.Routing;
                if (addressee.IsDelivered || (routing is not null && !message.Called.Contains(routing)))
                {
                    rest.Add(addressee.Name);
                    continue;
                }

                if (station is null) Fail(formatLine, addressee.ToString(), "the directory doesn't know the addressee");
                else if (station.Mail is null) Fail(formatLine, addressee.ToString(), "the directory has no mail address for the addressee");
                else
                {
                    if (routing is not null) served.Add(routing);
                    own.Add(new MmhsAddress(station.Mail, addressee.Name));
                    if (!recipients.Contains(station.Mail)) recipients.Add(station.Mail);
                }
            }

            others = rest.ToImmutable();
            return own.ToImmutable();
        }

        // Its addressees are within the encrypted text: all whom the stations called serve must try to read it.
        private ImmutableArray<MmhsAddress> Codress()
        {
            foreach (var called in message.Called)
            {
                foreach (var station in edge.Directory.ServedBy(called).Where(s => s.Mail is not null && !recipients.Contains(s.Mail)))
                {
                    recipients.Add(station.Mail!);
                    served.Add(called);
                }
            }

            return [.. recipients.Select(r => new MmhsAddress(r, edge.Directory.Find(r)!.Name))];
        }

        private MmhsAddress? Originator()
        {
            var name = message.From?.Name;
            if (name is not null && edge.Directory.Find(name) is { Mail: { } mail }) return new MmhsAddress(mail, name);
            if (edge.Originators is { } stand) return new MmhsAddress(stand, name);
            Fail(6, name, name is null ? "Codress has no originator, and no address stands in for one" : "the directory has no mail address for the originator, and no address stands in for one");
            return null;
        }

        private MmhsAddress? Exempted(Acp127Addressee addressee)
        {
            if (edge.Directory.Find(addressee.Name)?.Mail is { } mail) return new MmhsAddress(mail, addressee.Name);
            Fail(9, addressee.ToString(), "the directory has no mail address for the exempted addressee");
            return null;
        }

        private byte[] Write(MmhsAddress from, ImmutableArray<MmhsAddress> to, ImmutableArray<MmhsAddress> info, MmhsFields fields, Acp127TextHead head)
        {
            var mail = new StringBuilder();
            mail.Append(FormalField.Write("From", [from])).Append(FormalField.Write("To", to)).Append(FormalField.Write("Cc", info));
            mail.Append(FormalField.Write("Date", message.DateTimeGroup));
            mail.Append(CultureInfo.InvariantCulture, $"Message-ID: <{message.Calling}.{message.Serial}.{message.FilingTime}.{message.DateTimeGroup.UtcDateTime:yyyyMMddHHmm}@{edge.HostName}>\r\n");
            if (head.Subject is { } subject)
            {
                // What looks like an encoded word must not become one.
                mail.Append(subject.Contains("=?", StringComparison.Ordinal) ? Encoding.ASCII.GetString(SubjectText.Write(subject)) : $"Subject: {subject}\r\n");
            }

            mail.Append(Encoding.UTF8.GetString(MmhsWriter.Write(fields)));
            mail.Append("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
            foreach (var line in message.Text) mail.Append(line).Append("\r\n");
            return Encoding.UTF8.GetBytes(mail.ToString());
        }

        private void Fail(int formatLine, string? culprit, string reason)
        {
            if (garble is not null) return;
            garble = new Acp127Garble(0, formatLine, reason);
            Culprit = culprit;
        }
    }
}
