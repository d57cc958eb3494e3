using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Acp127.Tests;

[Trait("Feature", "S-02")]
public sealed class Acp127MappingTests
{
    private const string Sample = """
        VZCZCABA123
        OO RXFPA
        DE RPDLE 1234 0341215
        ZNR UUUUU
        RXFPA ZOV MINDEF
        O P 031215Z FEB 26
        FM SACLANT
        TO RXFPA/MINDEF
        ZEN/CINCFLEET
        RXFPB/COMSOUTH
        INFO COMNORTH
        XMT HMS EXAMPLE
        BT
        UNCLAS
        SIC ABC/DEF
        ORIG NR IMSCOM-612
        REMARKS MINIMIZE CONSIDERED
        EXER/CANDLE FISH//
        SUBJ: END OF EXERCISE
        1. IT ENDS 1200.

        OUT
        BT
        NNNN
        """;

    private const string Mail = """
        From: SACLANT <saclant@nato.example>
        To: MINDEF <mindef@mod.example>
        Cc: COMNORTH <north@nato.example>
        Date: Tue, 03 Feb 2026 12:15:00 +0000
        Message-ID: <RPDLE.1234.0341215.202602031215@edge.example>
        Subject: END OF EXERCISE
        MMHS-Exempted-Address: HMS EXAMPLE <example@fleet.example>
        MMHS-Extended-Authorisation-Info: Tue, 03 Feb 2026 12:15:00 +0000
        MMHS-Subject-Indicator-Codes: ABC; DEF
        MMHS-Handling-Instructions: ZNR UUUUU; RXFPA ZOV MINDEF
        MMHS-Message-Instructions: MINIMIZE CONSIDERED
        MMHS-Originator-Reference: IMSCOM-612
        MMHS-Primary-Precedence: immediate
        MMHS-Copy-Precedence: priority
        MMHS-Message-Type: exercise; identifier="CANDLE FISH"
        MMHS-Other-Recipients-Indicator-To: CINCFLEET; COMSOUTH
        MMHS-Acp127-Message-Identifier: RPDLE 1234 0341215
        MMHS-Originator-PLAD: SACLANT
        MIME-Version: 1.0
        Content-Type: text/plain; charset=us-ascii
        Content-Transfer-Encoding: 7bit

        UNCLAS
        SIC ABC/DEF
        ORIG NR IMSCOM-612
        REMARKS MINIMIZE CONSIDERED
        EXER/CANDLE FISH//
        SUBJ: END OF EXERCISE
        1. IT ENDS 1200.

        OUT

        """;

    private static readonly Acp127Edge Edge = new()
    {
        HostName = "edge.example",
        Directory = new Acp127Directory(
        [
            new("SACLANT", "RPDLE", Mailbox.Parse("saclant@nato.example")), new("MINDEF", "RXFPA", Mailbox.Parse("mindef@mod.example")),
            new("COMNORTH", null, Mailbox.Parse("north@nato.example")), new("HMS EXAMPLE", null, Mailbox.Parse("example@fleet.example")),
            new("CINCFLEET", "RXFPC", null), new("COMSOUTH", "RXFPB", Mailbox.Parse("south@nato.example")),
        ]),
    };

    [Fact]
    public void A_message_becomes_mail_with_every_field()
    {
        var mail = Acp127ToMail.Make(Octets(Sample), Edge);
        Assert.Null(mail.Garble);
        Assert.Equal(Mail.ReplaceLineEndings("\r\n"), Encoding.ASCII.GetString(mail.Content!));
        Assert.Equal(["mindef@mod.example", "north@nato.example"], mail.Recipients.Select(r => r.Text));
        Assert.Equal(Precedence.Immediate, mail.Precedence);
    }

    [Fact]
    public void Another_channel_and_count_give_the_same_mail() =>
        Assert.Equal(
            Acp127ToMail.Make(Octets(Sample), Edge).Content,
            Acp127ToMail.Make(Octets(Sample.Replace("VZCZCABA123", "VZCZCABA124", StringComparison.Ordinal).Replace("XMT HMS EXAMPLE", "XMT HMS EXAMPLE\nGRNC", StringComparison.Ordinal)), Edge).Content);

    [Theory]
    [InlineData("TO RXFPA/MINDEF", "TO RXFPA/MINDEFX", 8, 7, "doesn't know")]
    [InlineData("INFO COMNORTH", "INFO COMEAST", 11, 8, "doesn't know")]
    [InlineData("XMT HMS EXAMPLE", "XMT HMS OTHER", 12, 9, "exempted")]
    [InlineData("FM SACLANT", "FM SACEUR", 7, 6, "originator")]
    [InlineData("OO RXFPA", "OO RXFPA RXFPD", 2, 2, "RXFPD is called")]
    [InlineData("OO RXFPA", "OO RXFPA RXFPC", 2, 2, "RXFPC is called")]
    [InlineData("1. IT ENDS 1200.", "1. IT ENDS 1200#", 20, 12, "ITA2")]
    public void What_has_no_place_in_mail_is_named_with_its_line(string sound, string changed, int line, int formatLine, string reason)
    {
        var mail = Acp127ToMail.Make(Octets(Sample.Replace(sound, changed, StringComparison.Ordinal)), Edge);
        Assert.Null(mail.Content);
        Assert.Equal((line, formatLine), (mail.Garble!.Line, mail.Garble.FormatLine));
        Assert.Contains(reason, mail.Garble.Reason, StringComparison.Ordinal);
        Assert.Equal(Precedence.Immediate, mail.Precedence);
    }

    [Fact]
    public void An_address_stands_in_for_originators_whom_nobody_knows()
    {
        var edge = Edge with { Originators = Mailbox.Parse("gateway@edge.example") };
        var mail = Acp127ToMail.Make(Octets(Sample.Replace("SACLANT", "SACEUR", StringComparison.Ordinal)), edge);
        Assert.StartsWith("From: SACEUR <gateway@edge.example>\r\n", Encoding.ASCII.GetString(mail.Content!), StringComparison.Ordinal);
        Assert.Contains("\r\nMMHS-Originator-PLAD: SACEUR\r\n", Encoding.ASCII.GetString(mail.Content!), StringComparison.Ordinal);
        Assert.Equal("SACEUR", MailToAcp127.Make(mail.Content, [Mailbox.Parse("mindef@mod.example")], edge, "RPDLE").Message!.From!.Name);
    }

    [Fact]
    public void Codress_goes_to_all_whom_the_station_called_serves()
    {
        const string Codress = "RR RXFPA\nDE RPDLE 0001 0010000\nR 010000Z JAN 26\nGR3\nBT\nABCDE FGHIJ KLMNO\nBT\nNNNN\n";
        Assert.Equal(6, Acp127ToMail.Make(Octets(Codress), Edge).Garble!.FormatLine);
        var mail = Acp127ToMail.Make(Octets(Codress), Edge with { Originators = Mailbox.Parse("gateway@edge.example") });
        Assert.Equal(["mindef@mod.example"], mail.Recipients.Select(r => r.Text));
        Assert.Contains("\r\nMMHS-Codress-Message-Indicator: 3\r\n", Encoding.ASCII.GetString(mail.Content!), StringComparison.Ordinal);
    }

    [Fact]
    public void Mail_becomes_a_message_with_every_field()
    {
        var draft = MailToAcp127.Make(Octets(Written(Mail)), [Mailbox.Parse("mindef@mod.example")], Edge, "RZZZZ");
        Assert.Null(draft.Fault);
        Assert.True(draft.IsNumbered);
        // The one without a routing indicator gets it as mail, and those who got it otherwise are marked.
        var expected = Acp127Reader.Read(Octets(Sample.Replace("INFO COMNORTH", "INFO ZEN/COMNORTH", StringComparison.Ordinal).Replace("RXFPB/COMSOUTH", "ZEN/COMSOUTH", StringComparison.Ordinal))).Message!;
        Assert.Equal(expected with { Start = null, IsCounted = true, RepeatsSerial = true }, draft.Message);
    }

    [Fact]
    public void What_only_fields_say_is_written_below_the_classification_in_capitals_and_short_lines()
    {
        var mail = Mail.Split("SIC ABC/DEF", 2)[0] + "the exercise (all of it, with every unit of the fleet and the air group) ends today.\n";
        var message = MailToAcp127.Make(Octets(Written(mail).Replace("UNCLAS", "Unclas", StringComparison.Ordinal)), [Mailbox.Parse("mindef@mod.example")], Edge, "RZZZZ").Message!;
        Assert.Equal(
            [
                "UNCLAS", "SIC ABC/DEF", "ORIG NR IMSCOM-612", "REMARKS MINIMIZE CONSIDERED", "EXER/CANDLE FISH//", "SUBJ: END OF EXERCISE",
                "THE EXERCISE (ALL OF IT, WITH EVERY UNIT OF THE FLEET AND THE AIR", "GROUP) ENDS TODAY.",
            ],
            message.Text.AsEnumerable());
    }

    [Theory]
    [InlineData("MMHS-Primary-Precedence: immediate", "MMHS-Primary-Precedence: deferred", "MMHS-Primary-Precedence")]
    [InlineData("MMHS-Primary-Precedence: immediate", "MMHS-Primary-Precedence: 7", "MMHS-Primary-Precedence")]
    [InlineData("MMHS-Primary-Precedence: immediate\n", "", "MMHS-Primary-Precedence")]
    [InlineData("MMHS-Copy-Precedence: priority", "MMHS-Copy-Precedence: flash", "MMHS-Copy-Precedence")]
    [InlineData("MMHS-Message-Type: exercise", "MMHS-Message-Type: drill", "MMHS-Message-Type")]
    [InlineData("MMHS-Subject-Indicator-Codes: ABC; DEF", "MMHS-Subject-Indicator-Codes: ABC", "MMHS-Subject-Indicator-Codes")]
    [InlineData("MMHS-Subject-Indicator-Codes: ABC; DEF", "MMHS-Subject-Indicator-Codes: ABC; D", "MMHS-Subject-Indicator-Codes")]
    [InlineData("MMHS-Originator-Reference: IMSCOM-612", "MMHS-Originator-Reference: IMSCOM-613", "MMHS-Originator-Reference")]
    [InlineData("MMHS-Message-Instructions: MINIMIZE CONSIDERED", "MMHS-Message-Instructions: NO DISTRIBUTION", "MMHS-Message-Instructions")]
    [InlineData("MMHS-Handling-Instructions: ZNR UUUUU", "MMHS-Handling-Instructions: BY HAND", "MMHS-Handling-Instructions")]
    [InlineData("MMHS-Other-Recipients-Indicator-To: CINCFLEET", "MMHS-Other-Recipients-Indicator-To: TO CINCFLEET", "MMHS-Other-Recipients-Indicator-To")]
    [InlineData("MMHS-Acp127-Message-Identifier: RPDLE 1234 0341215", "MMHS-Acp127-Message-Identifier: RPDLE 1234", "MMHS-Acp127-Message-Identifier")]
    [InlineData("MMHS-Originator-PLAD: SACLANT", "MMHS-Originator-PLAD: SACEUR", "MMHS-Originator-PLAD")]
    [InlineData("HMS EXAMPLE <example@fleet.example>", "x@y.example", "MMHS-Exempted-Address")]
    [InlineData("MMHS-Originator-PLAD:", "MMHS-Codress-Message-Indicator: 3\nMMHS-Originator-PLAD:", "MMHS-Codress-Message-Indicator")]
    [InlineData("MIME-Version:", "MMHS-Authorizing-Users: a@b.example\nMIME-Version:", "MMHS-Authorizing-Users")]
    [InlineData("MIME-Version:", "Reply-To: a@b.example\nMIME-Version:", "Reply-To")]
    [InlineData("From: SACLANT <saclant@nato.example>", "From: a@b.example", "From")]
    [InlineData("To: MINDEF <mindef@mod.example>", "To: MINDEF <mindef@mod.example>, a@b.example", "To")]
    [InlineData("To: MINDEF <mindef@mod.example>", "To: COMSOUTH <south@nato.example>", "Recipient")]
    [InlineData("Subject: END OF EXERCISE", "Subject: BEGIN", "Subject")]
    [InlineData("Subject: END OF EXERCISE", "Subject: END [1]", "Subject")]
    [InlineData("text/plain", "text/html", "Content-Type")]
    [InlineData("charset=us-ascii", "charset=utf-16", "Content-Type")]
    [InlineData("Encoding: 7bit", "Encoding: base64", "Content-Transfer-Encoding")]
    [InlineData("UNCLAS", "HELLO", "Content")]
    [InlineData("1200.", "1200@", "Content")]
    [InlineData("1. IT ENDS 1200.", "BT", "Content")]
    [InlineData("1. IT ENDS 1200.", "0123456789012345678901234567890123456789012345678901234567890123456789", "Content")]
    public void What_the_format_has_no_place_for_is_refused_with_its_field(string sound, string changed, string field)
    {
        Assert.Contains(sound, Mail, StringComparison.Ordinal);
        var draft = MailToAcp127.Make(Octets(Written(Mail.Replace(sound, changed, StringComparison.Ordinal))), [Mailbox.Parse("mindef@mod.example")], Edge, "RPDLE");
        Assert.Null(draft.Message);
        Assert.Equal(field, draft.Fault!.Field);
    }

    [Fact]
    public void Who_is_to_get_it_at_the_copy_precedence_is_called_at_it()
    {
        var edge = Edge with { Directory = new Acp127Directory([new("SACLANT", null, Mailbox.Parse("saclant@nato.example")), new("MINDEF", "RXFPA", Mailbox.Parse("mindef@mod.example")), new("COMNORTH", "RXFPN", Mailbox.Parse("north@nato.example")), new("HMS EXAMPLE", null, Mailbox.Parse("example@fleet.example"))]) };
        var message = MailToAcp127.Make(Octets(Written(Mail)), [Mailbox.Parse("north@nato.example")], edge, "RPDLE").Message!;
        Assert.Equal((Precedence.Priority, "RXFPN"), (message.RelayPrecedence, Assert.Single(message.Called)));
        Assert.Contains(new Acp127Addressee("MINDEF", "RXFPA"), message.To);
    }

    [Fact]
    public void Messages_survive_the_way_over_mail_and_back()
    {
        var random = new Random(6477);
        var stations = Enumerable.Range(0, 60).Select(i => new Acp127Station($"{Letters(5)} {i:00}", i % 3 is 2 ? null : "R" + Letters(4), i % 5 is 4 ? null : Mailbox.Parse($"s{i}@nato.example"))).Where(s => s.Routing is not null || s.Mail is not null).ToArray();
        var edge = new Acp127Edge { HostName = "edge.example", Directory = new Acp127Directory(stations), Originators = Mailbox.Parse("gateway@edge.example") };
        var reachable = stations.Where(s => s is { Routing: not null, Mail: not null }).ToArray();
        for (var round = 0; round < 2_000; round++)
        {
            var primary = (Precedence)random.Next(1, 6);
            var own = random.GetItems(reachable, 4).Distinct().ToArray();
            var copies = random.GetItems(reachable, random.Next(3)).Except(own).Distinct().ToArray();
            var text = ImmutableArray.CreateBuilder<string>();
            text.Add("N A T O  S E C R E T".Replace("  ", " ", StringComparison.Ordinal));
            if (random.Next(2) is 0) text.Add("SIC " + string.Join('/', Enumerable.Range(0, random.Next(1, 8)).Select(_ => Letters(random.Next(3, 8)))));
            if (random.Next(2) is 0) text.Add("REMARKS " + Letters(20) + "/" + Letters(5));
            if (random.Next(2) is 0) text.Add("REMARKS =?UTF-8?Q?A?=");
            if (random.Next(2) is 0) text.Add(random.Next(2) is 0 ? "OPER/-//" : $"EXER/{Letters(4)}/{Letters(4)}//");
            if (random.Next(2) is 0) text.Add("ORIG NR " + Letters(9) + "-1");
            if (random.Next(2) is 0) text.Add("SUBJ: " + Letters(30) + " " + Letters(random.Next(1, 30)));
            for (var i = random.Next(8); i > 0; i--) text.Add(random.Next(4) is 0 ? "" : "  " + Letters(random.Next(1, 60)));
            text.Add("END+ -?:().,'=/");
            var message = new Acp127Message
            {
                RelayPrecedence = primary,
                Called = [.. own.Concat(copies).Select(s => s.Routing!).Distinct()],
                Calling = "U" + Letters(4), Serial = $"{random.Next(10_000):0000}", FilingTime = $"{random.Next(1, 367):000}{random.Next(24):00}{random.Next(60):00}",
                Instructions = [.. Enumerable.Range(0, random.Next(3)).Select(_ => "Z" + Letters(2) + " " + Letters(5))],
                Precedence = primary,
                CopyPrecedence = primary > Precedence.Routine && random.Next(2) is 0 ? primary - 1 : null,
                DateTimeGroup = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(50_000_000)),
                From = new Acp127Addressee(random.Next(2) is 0 ? stations[random.Next(stations.Length)].Name : Letters(9)),
                To = [.. own.Select(s => new Acp127Addressee(s.Name, s.Routing)), .. Enumerable.Range(0, random.Next(3)).Select(_ => new Acp127Addressee(Letters(8), IsDelivered: true))],
                Info = [.. copies.Select(s => new Acp127Addressee(s.Name, s.Routing)), .. Enumerable.Range(0, random.Next(3)).Select(_ => new Acp127Addressee(Letters(8), IsDelivered: true))],
                Exempted = [.. stations.Where(s => s.Mail is not null).Take(random.Next(3)).Select(s => new Acp127Addressee(s.Name))],
                IsCounted = true, RepeatsSerial = true,
                Text = text.ToImmutable(),
            };
            var mail = Acp127ToMail.Make(Acp127Writer.Write(message), edge);
            Assert.True(mail.Garble is null, $"{mail.Garble}\n{Encoding.ASCII.GetString(Acp127Writer.Write(message))}");
            var back = MailToAcp127.Make(mail.Content, mail.Recipients, edge, "RZZZZ");
            Assert.True(back.Fault is null, $"{back.Fault}\n{Encoding.ASCII.GetString(mail.Content!)}");
            Assert.Equal(Encoding.ASCII.GetString(Acp127Writer.Write(message)), Encoding.ASCII.GetString(Acp127Writer.Write(back.Message!)));
        }

        string Letters(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => "ACDEHIJKLOPQRSUVWY"[random.Next(18)]));
    }

    [Fact]
    public void No_octets_make_either_mapping_throw()
    {
        var random = new Random(6478);
        var (line, mail) = (Octets(Sample), Octets(Written(Mail)));
        var (toMail, toLine) = (0, 0);
        for (var round = 0; round < 10_000; round++)
        {
            if (Acp127ToMail.Make(Mutated(line), Edge) is { Content: not null } made)
            {
                toMail++;
                Assert.NotEmpty(made.Recipients);
            }

            if (MailToAcp127.Make(Mutated(mail), [Mailbox.Parse("mindef@mod.example")], Edge, "RPDLE").Message is not { } message) continue;
            toLine++;
            Assert.Equal(message, Acp127Reader.Read(Acp127Writer.Write(message)).Message);
        }

        Assert.True(toMail > 50 && toLine > 50, $"{toMail} {toLine}");

        byte[] Mutated(byte[] sound)
        {
            var octets = sound.ToList();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(octets.Count);
                if (random.Next(3) is 0) octets.RemoveAt(at);
                else if (random.Next(2) is 0) octets.Insert(at, sound[random.Next(sound.Length)]);
                else octets[at] = (byte)random.Next(256);
            }

            return [.. octets];
        }
    }

    private static string Written(string mail) => mail.ReplaceLineEndings("\r\n");

    private static byte[] Octets(string text) => Encoding.Latin1.GetBytes(text);
}
