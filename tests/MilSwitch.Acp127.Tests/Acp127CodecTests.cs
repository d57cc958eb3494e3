using System.Text;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Acp127.Tests;

[Trait("Feature", "S-01")]
public sealed class Acp127CodecTests
{
    private const string Sample = """
        VZCZCABA123
        OO RXFPA RXFPB
        DE RPDLE 1234 0341215
        ZNR UUUUU
        O P 031215Z FEB 26
        FM SACLANT
        TO RXFPA/MINDEF
        ZEN/CINCFLEET
        INFO COMNORTH
        XMT HMS EXAMPLE
        GR7
        BT
        UNCLAS
        SIC ABC/DEF
        EXERCISE ENDS 1200.

        OUT
        BT
        #1234

        NNNN
        """;

    [Fact]
    public void A_message_is_read_line_by_line()
    {
        var message = Read(Sample).Message!;
        Assert.Equal("VZCZCABA123", message.Start);
        Assert.Equal((Precedence.Immediate, Precedence.Immediate, Precedence.Priority), (message.RelayPrecedence, message.Precedence, message.CopyPrecedence));
        Assert.Equal(["RXFPA", "RXFPB"], message.Called.ToArray());
        Assert.Equal(("RPDLE", "1234", "0341215"), (message.Calling, message.Serial, message.FilingTime));
        Assert.Equal(["ZNR UUUUU"], message.Instructions.ToArray());
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 12, 15, 0, TimeSpan.Zero), message.DateTimeGroup);
        Assert.Equal(new Acp127Addressee("SACLANT"), message.From);
        Assert.Equal([new Acp127Addressee("MINDEF", "RXFPA"), new Acp127Addressee("CINCFLEET", IsDelivered: true)], message.To.ToArray());
        Assert.Equal([new Acp127Addressee("COMNORTH")], message.Info.ToArray());
        Assert.Equal([new Acp127Addressee("HMS EXAMPLE")], message.Exempted.ToArray());
        Assert.Equal("UNCLAS", message.Classification);
        Assert.Equal(["ABC", "DEF"], message.SubjectIndicatorCodes.ToArray());
        Assert.Equal(["UNCLAS", "SIC ABC/DEF", "EXERCISE ENDS 1200.", "", "OUT"], message.Text.ToArray());
        Assert.Equal((true, 7, true), (message.IsCounted, message.Groups, message.RepeatsSerial));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r\r\n")]
    public void Every_line_end_of_the_format_makes_the_same_canonical_message(string end)
    {
        var written = Acp127Writer.Write(Read(Sample.Replace("\n", end, StringComparison.Ordinal)).Message!);
        Assert.Equal(written, Acp127Writer.Write(Acp127Reader.Read(written).Message!));
        Assert.EndsWith("#1234\r\r\n\r\r\n\n\n\n\n\n\n\nNNNN\r\r\n", Encoding.ASCII.GetString(written), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("VZCZCABA123", "VZCZC", 1, 1)]
    [InlineData("OO RXFPA RXFPB", "WW RXFPA RXFPB", 2, 2)]
    [InlineData("OO RXFPA RXFPB", "OP RXFPA RXFPB", 2, 2)]
    [InlineData("OO RXFPA RXFPB", "OO RXFPA RXFPBXXXX", 2, 2)]
    [InlineData("1234 0341215", "124 0341215", 3, 3)]
    [InlineData("1234 0341215", "1234 3671215", 3, 3)]
    [InlineData("ZNR UUUUU", "ZNR uuuuu", 4, 4)]
    [InlineData("031215Z", "301215Z", 5, 5)]
    [InlineData("031215Z", "031215A", 5, 5)]
    [InlineData("O P 031215Z", "P O 031215Z", 5, 5)]
    [InlineData("FM SACLANT\n", "", 6, 6)]
    [InlineData("FM SACLANT", "FM SACLANT\nSACEUR", 7, 6)]
    [InlineData("TO RXFPA/MINDEF", "TO RXFPA/", 7, 7)]
    [InlineData("GR7", "GR8", 11, 10)]
    [InlineData("GR7\nBT", "GR7", 12, 11)]
    [InlineData("OUT", "O\u0007UT", 17, 12)]
    [InlineData("OUT", "O\rUT", 17, 12)]
    [InlineData("OUT", "OUT NNNN", 17, 12)]
    [InlineData("OUT\nBT", "OUT", 18, 12)]
    [InlineData("#1234", "#1235", 19, 15)]
    [InlineData("NNNN", "NNN", 21, 16)]
    [InlineData("NNNN", "NNNN\nOO RXFPA", 22, 16)]
    [InlineData("OUT", "0123456789012345678901234567890123456789012345678901234567890123456789", 17, 0)]
    public void What_breaks_a_rule_is_a_garble_with_its_line(string sound, string broken, int line, int formatLine)
    {
        Assert.Contains(sound, Sample, StringComparison.Ordinal);
        var reading = Read(Sample.Replace(sound, broken, StringComparison.Ordinal));
        Assert.Null(reading.Message);
        Assert.Equal((line, formatLine), (reading.Garble!.Line, reading.Garble.FormatLine));
    }

    [Fact]
    public void Codress_has_no_addresses_but_a_count()
    {
        const string Codress = "RR RXFPA\nDE RPDLE 0001 0010000\nR 010000Z JAN 26\nGR3\nBT\nABCDE FGHIJ KLMNO\nBT\nNNNN\n";
        var message = Read(Codress).Message!;
        Assert.Null(message.From);
        Assert.Null(message.Classification);
        Assert.Equal(message, Acp127Reader.Read(Acp127Writer.Write(message)).Message);
        Assert.Equal(10, Read(Codress.Replace("GR3\n", "", StringComparison.Ordinal)).Garble!.FormatLine);
    }

    [Fact]
    public void Sizes_are_bounded()
    {
        Assert.Equal(0, Acp127Reader.Read(new byte[Acp127Reader.MostOctets + 1]).Garble!.Line);
        Assert.Equal(Acp127Reader.MostLines + 1, Read(new string('\n', Acp127Reader.MostLines + 1)).Garble!.Line);
        Assert.NotNull(Acp127Reader.Read([]).Garble);
    }

    [Fact]
    public void The_writer_refuses_what_would_be_another_message()
    {
        var message = Read(Sample).Message!;
        Assert.Throws<FormatException>(() => Acp127Writer.Write(message with { Text = ["UNCLAS", "BT"] }));
        Assert.Throws<FormatException>(() => Acp127Writer.Write(message with { Text = ["UNCLAS", "A\r\r\nBT"] }));
        Assert.Throws<FormatException>(() => Acp127Writer.Write(message with { Text = ["GR\u00dcN"] }));
        Assert.Throws<FormatException>(() => Acp127Writer.Write(message with { Info = [new Acp127Addressee("RXFPA/X")] }));
        Assert.Throws<FormatException>(() => Acp127Writer.Write(message with { Info = [new Acp127Addressee("A"), new Acp127Addressee("XMT Y")] }));
        Assert.Throws<FormatException>(() => Acp127Writer.Write(message with { Calling = "R" }));
        Assert.Throws<FormatException>(() => Acp127Writer.Write(message with { DateTimeGroup = message.DateTimeGroup.AddSeconds(1) }));
        Assert.Contains("format line 5", Assert.Throws<FormatException>(() => Acp127Writer.Write(message with { Precedence = Precedence.Deferred })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_survive_the_round_trip()
    {
        var random = new Random(127);
        for (var round = 0; round < 2_000; round++)
        {
            var primary = (Precedence)random.Next(1, 6);
            var count = random.Next(3);
            var message = new Acp127Message
            {
                Start = random.Next(2) is 0 ? null : "ZCZCAB" + random.Next(1000),
                RelayPrecedence = (Precedence)random.Next(1, 6),
                Called = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => "R" + Letters(random.Next(3, 7)))],
                Calling = "U" + Letters(4),
                Serial = $"{random.Next(10_000):0000}",
                FilingTime = $"{random.Next(1, 367):000}{random.Next(24):00}{random.Next(60):00}",
                Instructions = [.. Enumerable.Range(0, random.Next(3)).Select(_ => "Z" + Letters(2) + " " + Letters(5))],
                Precedence = primary,
                CopyPrecedence = primary > Precedence.Routine && random.Next(2) is 0 ? primary - 1 : null,
                DateTimeGroup = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(50_000_000)),
                From = new Acp127Addressee(Letters(6)),
                To = Addressees(1),
                Info = Addressees(0),
                Exempted = Addressees(0),
                IsCounted = count is 1,
                IsUncounted = count is 2,
                Text = ["UNCLAS", .. Enumerable.Range(0, random.Next(5)).Select(_ => Letters(random.Next(0, 60))), "END+ -?:().,'=/"],
                RepeatsSerial = random.Next(2) is 0,
            };
            var written = Acp127Writer.Write(message);
            Assert.Equal(message, Acp127Reader.Read(written).Message);
            Assert.All(Encoding.ASCII.GetString(written).Split('\n'), line => Assert.True(line.TrimEnd('\r').Length <= Acp127Reader.LongestLine));
        }

        // Digits would make a group count of an address; nothing here spells a prosign, for there is no T, F, M, X, G, N or B.
        string Letters(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => "ACDEHIJKLOPQRSUVWY"[random.Next(18)]));

        System.Collections.Immutable.ImmutableArray<Acp127Addressee> Addressees(int fewest) =>
            [.. Enumerable.Range(0, random.Next(fewest, 4)).Select(i => new Acp127Addressee(Letters(5) + " " + Letters(3), i is 1 ? "R" + Letters(4) : null, i is 2))];
    }

    [Fact]
    public void No_octets_make_the_reader_throw_and_what_it_reads_can_be_written()
    {
        var random = new Random(128);
        var sound = Encoding.ASCII.GetBytes(Sample);
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var octets = sound.ToList();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(octets.Count);
                if (random.Next(3) is 0) octets.RemoveAt(at);
                else if (random.Next(2) is 0) octets.Insert(at, sound[random.Next(sound.Length)]);
                else octets[at] = (byte)random.Next(256);
            }

            var reading = Acp127Reader.Read([.. octets]);
            Assert.True(reading.Message is null != reading.Garble is null);
            if (reading.Message is not { } message) continue;
            read++;
            Assert.Equal(message, Acp127Reader.Read(Acp127Writer.Write(message)).Message);
        }

        Assert.True(read > 100, $"{read}");
    }

    private static Acp127Reading Read(string text) => Acp127Reader.Read(Encoding.Latin1.GetBytes(text));
}
