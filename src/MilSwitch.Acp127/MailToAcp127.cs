using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Mime;

namespace MilSwitch.Acp127;

/// <summary>
/// Makes a message of ACP 127 of mail with the fields of RFC 6477 (§7). What the format can't hold is refused with the field; small letters become
/// capitals and long lines are broken at spaces, because teletypewriters have no others. Fields that say how the mail itself travels, what made it and
/// which mail it answers are not carried. Stateless and thread-safe; never throws for any octets.
/// </summary>
public static class MailToAcp127
{
    private const int LongestHeader = 256 << 10;
    private const int MostFields = 1_000;

    /// <summary>Octets of mail that are looked at: base64, quoted-printable and fields take more room than the text.</summary>
    public const int MostOctets = 2 << 20;

    private const int Width = Acp127Reader.LongestLine;
    private const string Content = "Content";

    // They say something to the reader, or ask something of whoever receives the mail, and no format line has a place for that.
    private static readonly string[] NotCarried =
    [
        "Sender", "Reply-To", "Bcc", "Comments", "Keywords", "Resent-From", "Resent-To", "Expires", "Reply-By", "Supersedes", "Obsoletes", "Deferred-Delivery",
        "Latest-Delivery-Time", "Disposition-Notification-To",
    ];

    /// <summary>Makes the message.</summary>
    /// <param name="mail">The whole mail with CRLF line ends.</param>
    /// <param name="recipients">Who shall get it over this line; each must be in To or Cc.</param>
    /// <param name="edge">Where it is made.</param>
    /// <param name="calling">The routing indicator of the station that sends it.</param>
    /// <param name="unmarked">The level of mail without MMHS-Primary-Precedence; null: such mail is refused.</param>
    public static Acp127Draft Make(ReadOnlyMemory<byte> mail, ImmutableArray<Mailbox> recipients, Acp127Edge edge, string calling, Precedence? unmarked = null)
    {
        if (mail.Length > MostOctets) return new Acp127Draft { Fault = new Acp127Fault(Content, $"more than {MostOctets} octets") };
        var header = HeaderBlock.Scan(mail, LongestHeader, MostFields);
        if (header.Fault is not HeaderFault.None || !header.IsClosed) return new Acp127Draft { Fault = new Acp127Fault(Content, "the header can't be read") };
        var pass = new Pass(mail, header, recipients, edge);
        var message = pass.Make(calling, unmarked);
        if (message is null) return new Acp127Draft { Fault = pass.Fault ?? new Acp127Fault(Content, "can't be carried") };
        try
        {
            // The writer knows what a reader would read otherwise.
            Acp127Writer.Write(message);
        }
        catch (FormatException fault)
        {
            return new Acp127Draft { Fault = new Acp127Fault(Content, $"can't be carried: {fault.Message}") };
        }

        return new Acp127Draft { Message = message, IsNumbered = pass.IsNumbered };
    }

    private sealed class Pass(ReadOnlyMemory<byte> mail, HeaderBlock header, ImmutableArray<Mailbox> recipients, Acp127Edge edge)
    {
        private readonly List<string> called = [];

        public Acp127Fault? Fault { get; private set; }

        public bool IsNumbered { get; private set; }

        public Acp127Message? Make(string calling, Precedence? unmarked)
        {
            foreach (var name in NotCarried)
            {
                if (header.CountOf(Encoding.ASCII.GetBytes(name)) > 0) return Refuse(name, "has no place in ACP 127");
            }

            var reading = MmhsReader.Read(header);
            if (reading.Faults is [var fault, ..]) return Refuse(fault.Field.Name(), $"{fault.Rule.Text} ({fault.Rule.Id})");
            var fields = reading.Fields;
            if (!fields.AuthorizingUsers.IsEmpty) return Refuse(MmhsField.AuthorizingUsers.Name(), "has no place in ACP 127");
            if (fields.CodressMessageIndicator is not null) return Refuse(MmhsField.CodressMessageIndicator.Name(), "Codress is not made of mail here");
            if (Level(MmhsField.PrimaryPrecedence, fields.PrimaryPrecedence, unmarked) is not { } primary) return null;
            if (Level(MmhsField.CopyPrecedence, fields.CopyPrecedence, primary) is not { } copy) return null;
            if (copy > primary) return Refuse(MmhsField.CopyPrecedence.Name(), "is higher than the primary precedence");
            if (Time(fields) is not { } time || From(fields) is not { } from) return null;
            if (Addressees("To", fields.OtherRecipientsTo) is not { } to || Addressees("Cc", fields.OtherRecipientsCc) is not { } info || Exempted(fields) is not { } exempted) return null;
            var action = recipients.Any(r => Named(r, to));
            if (recipients.Any(r => !Named(r, to) && !Named(r, info))) return Refuse("Recipient", "is neither in To nor in Cc, and each addressee has to stand in the message");
            if (!fields.HandlingInstructions.All(i => Acp127Reader.IsInstruction(Capitals(i))))
                return Refuse(MmhsField.HandlingInstructions.Name(), "is no operating signal of format line 4");
            if (called.Count is 0) return Refuse("Recipient", "nobody is to get it over this line");
            if (Identity(fields, calling) is not { } identity || Text(fields) is not { } text) return null;
            return new Acp127Message
            {
                RelayPrecedence = action ? primary : copy,
                Called = [.. called],
                Calling = identity.Calling, Serial = identity.Serial, FilingTime = identity.FilingTime,
                Instructions = [.. fields.HandlingInstructions.Select(Capitals)],
                Precedence = primary,
                CopyPrecedence = copy < primary && (fields.CopyPrecedence is not null) ? copy : null,
                DateTimeGroup = time,
                From = new Acp127Addressee(from),
                To = to, Info = info, Exempted = exempted,
                IsCounted = true, RepeatsSerial = true,
                Text = text,
            };
        }

        private Acp127Message? Refuse(string field, string reason)
        {
            Fault ??= new Acp127Fault(field, reason);
            return null;
        }

        private bool Fails(string field, string reason)
        {
            Refuse(field, reason);
            return false;
        }

        private bool Named(Mailbox address, ImmutableArray<Acp127Addressee> addressees) => edge.Directory.Find(address) is { } station && addressees.Any(a => !a.IsDelivered && a.Name == station.Name);

        private Precedence? Level(MmhsField field, PrecedenceNumber? number, Precedence? otherwise)
        {
            var level = number is { } value ? value.Named : otherwise;
            if (level is >= Precedence.Routine and <= Precedence.Override) return level;
            Refuse(field.Name(), number is null && level is null ? "is missing" : "the level has no prosign");
            return null;
        }

        // RFC 6477 §6 a: the Date field stands in. Groups have no seconds.
        private DateTimeOffset? Time(MmhsFields fields)
        {
            var time = fields.ExtendedAuthorisationInfo;
            if (time is null)
            {
                if (Single("Date") is not { } at || !FormalField.TryReadDate(header[at].RawValue.Span, out var date))
                {
                    Refuse("Date", "is not there once as RFC 5322 has it, and MMHS-Extended-Authorisation-Info is missing");
                    return null;
                }

                time = date;
            }

            var minutes = time.Value.UtcTicks / TimeSpan.TicksPerMinute;
            return new DateTimeOffset(minutes * TimeSpan.TicksPerMinute, TimeSpan.Zero);
        }

        private string? From(MmhsFields fields)
        {
            if (Single("From") is not { } at || !FormalField.TryReadAddresses(header[at].RawValue.Span, out var authors) || authors.Length is not 1)
            {
                Refuse("From", "is not there once with one address");
                return null;
            }

            var named = fields.OriginatorPlad is { } plad ? Capitals(plad) : null;
            if (edge.Directory.Find(authors[0].Mailbox) is { } station)
            {
                if (named is null || named == station.Name) return station.Name;
                Refuse(MmhsField.OriginatorPlad.Name(), "the directory has another name for the address in From");
                return null;
            }

            // Anybody can write the field; the address that stands in for originators is this switch's own.
            if (named is not null && Acp127Directory.IsName(named) && authors[0].Mailbox.Equals(edge.Originators)) return named;
            Refuse("From", "the directory has no plain language address for it");
            return null;
        }

        private ImmutableArray<Acp127Addressee>? Addressees(string field, ImmutableArray<string> others)
        {
            var all = ImmutableArray.CreateBuilder<Acp127Addressee>();
            var addresses = ImmutableArray<MmhsAddress>.Empty;
            if (header.CountOf(Encoding.ASCII.GetBytes(field)) > 0 && (Single(field) is not { } at || !FormalField.TryReadAddresses(header[at].RawValue.Span, out addresses)))
            {
                Refuse(field, "is no list of addresses, or there twice");
                return null;
            }

            foreach (var address in addresses)
            {
                if (edge.Directory.Find(address.Mailbox) is not { } station)
                {
                    Refuse(field, $"the directory has no plain language address for {Shown(address.Mailbox)}");
                    return null;
                }

                // Who has no routing indicator gets it as mail.
                all.Add(new Acp127Addressee(station.Name, station.Routing, IsDelivered: station.Routing is null));
                if (station.Routing is { } indicator && recipients.Contains(address.Mailbox) && !called.Contains(indicator)) called.Add(indicator);
            }

            if (!others.All(o => Acp127Directory.IsName(Capitals(o))))
            {
                Refuse(field is "To" ? MmhsField.OtherRecipientsIndicatorTo.Name() : MmhsField.OtherRecipientsIndicatorCc.Name(), "has a name that no format line can hold");
                return null;
            }

            all.AddRange(others.Select(o => new Acp127Addressee(Capitals(o), IsDelivered: true)));
            return all.ToImmutable();
        }

        private ImmutableArray<Acp127Addressee>? Exempted(MmhsFields fields)
        {
            var all = ImmutableArray.CreateBuilder<Acp127Addressee>();
            foreach (var address in fields.ExemptedAddresses)
            {
                if (edge.Directory.Find(address.Mailbox) is not { } station)
                {
                    Refuse(MmhsField.ExemptedAddress.Name(), $"the directory has no plain language address for {Shown(address.Mailbox)}");
                    return null;
                }

                all.Add(new Acp127Addressee(station.Name));
            }

            return all.ToImmutable();
        }

        private (string Calling, string Serial, string FilingTime)? Identity(MmhsFields fields, string calling)
        {
            if (fields.Acp127MessageIdentifier is not { } identifier) return (calling, "0000", "0010000");
            if (identifier.Split(' ') is [var station, { Length: 4 } serial, { Length: 7 } time] && Acp127Directory.IsRouting(station) && (serial + time).All(char.IsAsciiDigit))
            {
                IsNumbered = true;
                return (station, serial, time);
            }

            Refuse(MmhsField.Acp127MessageIdentifier.Name(), "is not a routing indicator, a serial number and a time of filing");
            return null;
        }

        private ImmutableArray<string>? Text(MmhsFields fields)
        {
            if (!PlainBody.TryRead(mail, header, out var body, out var field, out var reason))
            {
                Refuse(field, reason);
                return null;
            }

            var lines = new List<string>();
            var number = 0;
            foreach (var written in body.Split('\n'))
            {
                number++;
                var line = Capitals(written.EndsWith('\r') ? written[..^1] : written).TrimEnd(' ');
                if (!Acp127Reader.IsText(line))
                {
                    Refuse(Content, $"line {number} has a character that ITA2 doesn't have");
                    return null;
                }

                if (!TryBreak(line, lines))
                {
                    Refuse(Content, $"line {number} has a word of more than {Width} characters");
                    return null;
                }

                // 4,000 lines of a message are more than there may be octets of it.
                if (lines.Count > Acp127Reader.MostLines)
                {
                    Refuse(Content, $"more than {Acp127Reader.MostLines} lines");
                    return null;
                }
            }

            var first = lines.FindIndex(l => l.Length > 0);
            lines.RemoveRange(0, Math.Max(first, 0));
            while (lines.Count > 0 && lines[^1].Length is 0) lines.RemoveAt(lines.Count - 1);
            var head = Acp127TextHead.Read([.. lines]);
            if (head.Classification is not null) return Complete(lines, head, fields);
            Refuse(Content, "the first line of the text is no classification");
            return null;
        }

        // What fields say and the text doesn't is written below the classification; what both say must be the same.
        private ImmutableArray<string>? Complete(List<string> lines, Acp127TextHead head, MmhsFields fields)
        {
            var missing = new List<string>();
            var codes = fields.SubjectIndicatorCodes.Select(Capitals).ToArray();
            if (!Agree(MmhsField.SubjectIndicatorCodes, codes, head.SubjectIndicatorCodes, () => missing.Add(Acp127TextHead.Codes + string.Join('/', codes)))) return null;
            var reference = One(fields.OriginatorReference);
            if (!Agree(MmhsField.OriginatorReference, reference, One(head.OriginatorReference), () => missing.Add(Acp127TextHead.Reference + reference[0]))) return null;
            var remarks = fields.MessageInstructions.Select(Capitals).ToArray();
            if (!Agree(MmhsField.MessageInstructions, remarks, head.MessageInstructions, () => missing.AddRange(remarks.Select(r => Acp127TextHead.Remark + r)))) return null;
            var type = fields.MessageType is { } given ? given with { Identifier = given.Identifier is { } name ? Capitals(name) : null } : null;
            var line = type is null ? null : Acp127TextHead.LineOf(type);
            if (type is not null && line is null)
            {
                Refuse(MmhsField.MessageType.Name(), "only exercise and operation have a line in the text");
                return null;
            }

            if (!Agree(MmhsField.MessageType, One(line), One(head.MessageType is { } known ? Acp127TextHead.LineOf(known) : null), () => missing.Add(line!))) return null;
            if (missing.FirstOrDefault(m => m.Length > Width) is { } tooLong)
            {
                Refuse(FieldOf(tooLong).Name(), $"does not fit into a line of {Width} characters");
                return null;
            }

            if (!TrySubject(head, missing)) return null;
            lines.InsertRange(1, missing);
            // Whoever receives it reads the same again, or it is not sent.
            var read = Acp127TextHead.Read([.. lines]);
            if (!Same(codes, read.SubjectIndicatorCodes, head.SubjectIndicatorCodes)) Refuse(MmhsField.SubjectIndicatorCodes.Name(), "would be read as another");
            else if (!Same(reference, One(read.OriginatorReference), One(head.OriginatorReference))) Refuse(MmhsField.OriginatorReference.Name(), "would be read as another");
            else if (!Same(remarks, read.MessageInstructions, head.MessageInstructions)) Refuse(MmhsField.MessageInstructions.Name(), "would be read as another");
            else if (type is not null && read.MessageType != type) Refuse(MmhsField.MessageType.Name(), "would be read as another");
            else return [.. lines];
            return null;
        }

        private bool TrySubject(Acp127TextHead head, List<string> missing)
        {
            if (header.CountOf("Subject"u8) is 0) return true;
            if (header.CountOf("Subject"u8) > 1) return Fails("Subject", "is there more than once");
            var subject = Capitals(SubjectText.Read(header)!);
            if (subject.Length is 0) return true;
            if (!Acp127Reader.IsText(subject)) return Fails("Subject", "has a character that ITA2 doesn't have");
            var lines = new List<string>();
            if (!TryBreak(Acp127TextHead.SubjectLine + string.Join(' ', subject.Split(' ', StringSplitOptions.RemoveEmptyEntries)), lines)) return Fails("Subject", $"has a word of more than {Width} characters");
            if (head.Subject is null) missing.AddRange(lines);
            else if (Acp127TextHead.SubjectLine + head.Subject != lines[0]) return Fails("Subject", "the text has another subject");
            return true;
        }

        private bool Agree(MmhsField field, IReadOnlyCollection<string> wanted, IReadOnlyCollection<string> there, Action add)
        {
            if (wanted.Count is 0 || wanted.SequenceEqual(there)) return true;
            if (there.Count > 0) return Fails(field.Name(), "the text says something else");
            add();
            return true;
        }

        private static bool Same(IReadOnlyCollection<string> wanted, IReadOnlyCollection<string> read, IReadOnlyCollection<string> before) => read.SequenceEqual(wanted.Count > 0 ? wanted : before);

        private static string[] One(string? text) => text is null ? [] : [Capitals(text)];

        private static MmhsField FieldOf(string line) =>
            line.StartsWith(Acp127TextHead.Codes, StringComparison.Ordinal) ? MmhsField.SubjectIndicatorCodes
            : line.StartsWith(Acp127TextHead.Reference, StringComparison.Ordinal) ? MmhsField.OriginatorReference
            : line.StartsWith(Acp127TextHead.Remark, StringComparison.Ordinal) ? MmhsField.MessageInstructions : MmhsField.MessageType;

        private int? Single(string name)
        {
            var wanted = Encoding.ASCII.GetBytes(name);
            if (header.CountOf(wanted) is not 1) return null;
            for (var i = 0; i < header.Count; i++)
            {
                if (Ascii.EqualsIgnoreCase(header[i].Name.Span, wanted)) return i;
            }

            return null;
        }

        // At spaces; what is left of them at a break goes.
        private static bool TryBreak(string line, List<string> into)
        {
            while (line.Length > Width)
            {
                var at = line.LastIndexOf(' ', Width);
                if (at <= 0 || line[..at].TrimEnd(' ').Length is 0) return false;
                into.Add(line[..at].TrimEnd(' '));
                line = line[at..].TrimStart(' ');
            }

            into.Add(line);
            return true;
        }

        private static string Shown(Mailbox address) => Ascii.IsValid(address.Text) ? address.Text : "an address beyond ASCII";

        // Of ASCII only: other letters are refused, not made into these.
        private static string Capitals(string text) => string.Create(text.Length, text, static (into, from) => Ascii.ToUpper(from, into, out _));
    }
}
