using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Mime.Tests;

[Trait("Feature", "D-01")]
public sealed class MmhsReaderTests(ITestOutputHelper output)
{
    [Fact]
    public void Reads_the_examples_of_the_standard()
    {
        var reading = Read(
            "MMHS-Exempted-Address:\r\n UK SHL CGT Samuals G <graham.samuals@shl.example.com>,\r\n UK SHL Duty Officer <duty@shl.example.com>\r\n"
            + "MMHS-Extended-Authorisation-Info:\r\n  Mon, 09 Aug 2010 15:27:40 +0100\r\nMMHS-Subject-Indicator-Codes: SDM; KKZ ; BRL\r\n"
            + "MMHS-Handling-Instructions: RXFPA ZOV MINDEF\r\nMMHS-Message-Instructions: MINIMIZE CONSIDERED; NO DISTRIBUTION\r\nMMHS-Codress-Message-Indicator: 23\r\n"
            + "MMHS-Originator-Reference: IMSCOM-JIC-612-78\r\nMMHS-Primary-Precedence: 0 (Deferred)\r\nMMHS-Copy-Precedence: Priority\r\n"
            + "MMHS-Message-Type: 0(exercise); identifier=\"CANDLE FISH\"\r\nMMHS-Other-Recipients-Indicator-To: UK SHL COS; UK SHL IM\r\n"
            + "MMHS-Other-Recipients-Indicator-CC: UK SHL LEGAD\r\nMMHS-Acp127-Message-Identifier: RPDLE 1234 0341215\r\nMMHS-Originator-PLAD: SACLANT\r\n"
            + "MMHS-Authorizing-Users: \"Releaser, The\" <r@shl.example.com>\r\n");

        Assert.Empty(reading.Faults);
        Assert.Equal(MmhsFieldNames.Count, reading.Present.Length);
        var fields = reading.Fields;
        Assert.Equal([new MmhsAddress(Mailbox.Parse("graham.samuals@shl.example.com"), "UK SHL CGT Samuals G"), new MmhsAddress(Mailbox.Parse("duty@shl.example.com"), "UK SHL Duty Officer")], fields.ExemptedAddresses.AsEnumerable());
        Assert.Equal(new DateTimeOffset(2010, 8, 9, 15, 27, 40, TimeSpan.FromHours(1)), fields.ExtendedAuthorisationInfo);
        Assert.Equal(TimeSpan.FromHours(1), fields.ExtendedAuthorisationInfo!.Value.Offset);
        Assert.Equal(["SDM", "KKZ", "BRL"], fields.SubjectIndicatorCodes.AsEnumerable());
        Assert.Equal(["RXFPA ZOV MINDEF"], fields.HandlingInstructions.AsEnumerable());
        Assert.Equal(["MINIMIZE CONSIDERED", "NO DISTRIBUTION"], fields.MessageInstructions.AsEnumerable());
        Assert.Equal(23, fields.CodressMessageIndicator);
        Assert.Equal("IMSCOM-JIC-612-78", fields.OriginatorReference);
        Assert.Equal((0, 2), (fields.PrimaryPrecedence!.Value.Value, fields.CopyPrecedence!.Value.Value));
        Assert.Equal(new MmhsMessageType(0, "CANDLE FISH"), fields.MessageType);
        Assert.Equal(["UK SHL COS", "UK SHL IM"], fields.OtherRecipientsTo.AsEnumerable());
        Assert.Equal(["UK SHL LEGAD"], fields.OtherRecipientsCc.AsEnumerable());
        Assert.Equal("RPDLE 1234 0341215", fields.Acp127MessageIdentifier);
        Assert.Equal("SACLANT", fields.OriginatorPlad);
        Assert.Equal([new MmhsAddress(Mailbox.Parse("r@shl.example.com"), "Releaser, The")], fields.AuthorizingUsers.AsEnumerable());
    }

    [Fact]
    public void Takes_each_example_by_itself()
    {
        foreach (var file in SharedVectors.Files("mmhs", "headers.tsv", output))
        {
            foreach (var line in File.ReadLines(file).Skip(1).Select(l => l.Split('\t')[1]).Where(l => l.StartsWith("MMHS-", StringComparison.Ordinal)))
            {
                var reading = Read(line + "\r\n");
                Assert.Empty(reading.Faults);
                Assert.Single(reading.Present);
                Assert.Equal(Octets(Write(reading)), MmhsWriter.Write(Read(Write(reading)).Fields));
            }
        }
    }

    [Theory]
    [InlineData("3", 3, null)]
    [InlineData("2 (projet)", 2, null)]
    [InlineData("project", 2, null)]
    [InlineData("DRILL\r\n (a (b) \\) c) ; IDENTIFIER =\r\n \"A B\" ", 3, "A B")]
    [InlineData("255;identifier=\" \"", 255, " ")]
    public void Reads_types(string body, int value, string? identifier) =>
        Assert.Equal(new MmhsMessageType(value, identifier), Read($"MMHS-Message-Type: {body}\r\n").Fields.MessageType);

    [Theory]
    [InlineData("9 Aug 2010 15:27 +0100", "2010-08-09T15:27:00+01:00")]
    [InlineData("Mon,9 Aug 2010 15:27:60 -0000 (leap)", "2010-08-09T15:27:59+00:00")]
    [InlineData("(c) mon (c) , 09 (c) AUG 2010\r\n\t15 : 27 GMT", "2010-08-09T15:27:00+00:00")]
    [InlineData("29 Feb 2024 00:00:00 -1400", "2024-02-29T00:00:00-14:00")]
    public void Reads_times(string body, string time) =>
        Assert.Equal(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), Read($"MMHS-Extended-Authorisation-Info: {body}\r\n").Fields.ExtendedAuthorisationInfo);

    [Theory]
    [InlineData("a@b.test", "a@b.test|")]
    [InlineData("(c) <a@b.test> (c), Bob (c) <\"x y\"@b.test>", "a@b.test|;\"x y\"@b.test|Bob")]
    [InlineData("Group: A.B. <a@b.test>, c@[192.0.2.1];, none:;", "a@b.test|A.B.;c@[192.0.2.1]|")]
    [InlineData("=?utf-8?q?J=C3=B6rg?= =?utf-8?q?_X?= <j@b.test>", "j@b.test|Jörg X")]
    [InlineData("\"=?utf-8?q?J?=\\\" \r\n  q\" <j@b.test>", "j@b.test|=?utf-8?q?J?=\" q")]
    public void Reads_addresses(string body, string expected) =>
        Assert.Equal(expected, string.Join(';', Read($"MMHS-Exempted-Address: {body}\r\n").Fields.ExemptedAddresses.Select(a => $"{a.Mailbox.Text}|{a.Name}")));

    [Theory]
    [InlineData("Subject-Indicator-Codes", "AB", "MMHS-SIC-LENGTH", 2)]
    [InlineData("Subject-Indicator-Codes", "ABC; ABCDEFGHI", "MMHS-SIC-LENGTH", 7)]
    [InlineData("Subject-Indicator-Codes", "ABC;", "MMHS-EMPTY", 5)]
    [InlineData("Subject-Indicator-Codes", "ABC; ;DEF", "MMHS-EMPTY", 7)]
    [InlineData("Subject-Indicator-Codes", "ABC; D\tF", "MMHS-CHARACTER", 8)]
    [InlineData("Subject-Indicator-Codes", "ABC,\r\n D_F", "MMHS-CHARACTER", 10)]
    [InlineData("Handling-Instructions", "", "MMHS-EMPTY", 1)]
    [InlineData("Originator-Reference", "A; B", "MMHS-CHARACTER", 3)]
    [InlineData("Originator-PLAD", "1234567890123456789012345678901234567890123456789012345678901234567890", "MMHS-LENGTH", 2)]
    [InlineData("Acp127-Message-Identifier", "RPDLE é", "MMHS-CHARACTER", 8)]
    [InlineData("Codress-Message-Indicator", "023", "MMHS-NUMBER", 2)]
    [InlineData("Codress-Message-Indicator", "23 (groups)", "MMHS-EXCESS", 5)]
    [InlineData("Codress-Message-Indicator", "2147483648", "MMHS-RANGE", 2)]
    [InlineData("Codress-Message-Indicator", "-1", "MMHS-NUMBER", 2)]
    [InlineData("Primary-Precedence", "32", "MMHS-RANGE", 2)]
    [InlineData("Primary-Precedence", "zulu", "MMHS-NUMBER", 2)]
    [InlineData("Copy-Precedence", "(c) 4", "MMHS-NUMBER", 2)]
    [InlineData("Copy-Precedence", "4 (c", "MMHS-COMMENT", 4)]
    [InlineData("Copy-Precedence", "4 5", "MMHS-EXCESS", 4)]
    [InlineData("Message-Type", "256", "MMHS-RANGE", 2)]
    [InlineData("Message-Type", "war", "MMHS-NUMBER", 2)]
    [InlineData("Message-Type", "1; id=\"A\"", "MMHS-PARAMETER", 5)]
    [InlineData("Message-Type", "1; identifier=A", "MMHS-PARAMETER", 16)]
    [InlineData("Message-Type", "1; identifier=\"\"", "MMHS-EMPTY", 17)]
    [InlineData("Message-Type", "1; identifier=\"A", "MMHS-PARAMETER", 16)]
    [InlineData("Message-Type", "1; identifier=\"A\" (c)", "MMHS-EXCESS", 20)]
    [InlineData("Extended-Authorisation-Info", "Tue, 09 Aug 2010 15:27:40 +0100", "MMHS-DATE", 2)]
    [InlineData("Extended-Authorisation-Info", "31 Feb 2010 15:27:40 +0100", "MMHS-DATE", 2)]
    [InlineData("Extended-Authorisation-Info", "9 Aug 10 15:27:40 +0100", "MMHS-DATE", 8)]
    [InlineData("Extended-Authorisation-Info", "9 Aug 2010 24:27:40 +0100", "MMHS-DATE", 13)]
    [InlineData("Extended-Authorisation-Info", "9 Aug 2010 15:27:40 EST", "MMHS-DATE", 22)]
    [InlineData("Extended-Authorisation-Info", "9 Aug 2010 15:27:40 +0100 x", "MMHS-EXCESS", 28)]
    [InlineData("Extended-Authorisation-Info", " ", "MMHS-EMPTY", 2)]
    [InlineData("Exempted-Address", "a@b.test,", "MMHS-ADDRESS", 10)]
    [InlineData("Exempted-Address", "a@b.test,,c@d.test", "MMHS-ADDRESS", 11)]
    [InlineData("Exempted-Address", "Bob", "MMHS-ADDRESS", 4)]
    [InlineData("Exempted-Address", "Bob <b>", "MMHS-ADDRESS", 8)]
    [InlineData("Exempted-Address", "b c@d.test", "MMHS-ADDRESS", 5)]
    [InlineData("Exempted-Address", "<@r.test:a@b.test>", "MMHS-ADDRESS", 3)]
    [InlineData("Exempted-Address", "g: a@b.test", "MMHS-ADDRESS", 12)]
    [InlineData("Exempted-Address", "\"open <a@b.test>", "MMHS-ADDRESS", 2)]
    [InlineData("Authorizing-Users", "g: a@b.test;", "MMHS-ADDRESS", 3)]
    [InlineData("Authorizing-Users", "(c", "MMHS-COMMENT", 2)]
    public void Says_which_rule_is_broken_and_where(string name, string body, string rule, int position)
    {
        var reading = Read($"MMHS-{name}: {body}\r\nX: y\r\n");
        var fault = Assert.Single(reading.Faults);
        Assert.Equal((rule, position, $"MMHS-{name}"), (fault.Rule.Id, fault.Position, fault.Field.Name()));
        Assert.StartsWith($"MMHS-{name}, octet {position}: ", fault.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($" ({rule})", fault.ToString(), StringComparison.Ordinal);
        Assert.Empty(Write(reading));
        Assert.Equal(fault.Field, Assert.Single(reading.Present));
    }

    [Fact]
    public void Takes_neither_of_a_field_that_is_there_twice()
    {
        var reading = Read("mmhs-primary-precedence: flash\r\nMMHS-PRIMARY-PRECEDENCE: flash\r\nMMHS-Originator-PLAD: SACLANT\r\n");
        Assert.Equal("MMHS-Primary-Precedence: the field is there more than once (MMHS-TWICE)", Assert.Single(reading.Faults).ToString());
        Assert.Null(reading.Fields.PrimaryPrecedence);
        Assert.Equal("SACLANT", reading.Fields.OriginatorPlad);
    }

    [Fact]
    public void Stops_at_its_bounds()
    {
        Assert.Equal(MmhsRule.TooMany, Assert.Single(Read($"MMHS-Subject-Indicator-Codes: ABC{string.Concat(Enumerable.Repeat(";ABC", 1000))}\r\n").Faults).Rule);
        Assert.Equal(MmhsRule.TooMany, Assert.Single(Read($"MMHS-Exempted-Address: a@b.test{string.Concat(Enumerable.Repeat(",a@b.test", 1000))}\r\n").Faults).Rule);
        Assert.Equal(MmhsRule.TooLong, Assert.Single(Read($"MMHS-Originator-PLAD: {new string('A', 70_000)}\r\n").Faults).Rule);
        Assert.Equal(9, Read("MMHS-Subject-Indicator-Codes: ABC;ABC;ABC;ABC;ABC;ABC;ABC;ABC;ABC\r\n").Fields.SubjectIndicatorCodes.Length);
    }

    [Fact]
    public void Leaves_fields_alone_that_it_does_not_know() => Assert.Empty(Read("MMHS-Other: x\r\nMMHS-Message-Types: x\r\nX-MMHS-Message-Type: x\r\nSubject: MMHS-Message-Type: x\r\n").Present);

    [Property(MaxTest = 2000, Arbitrary = [typeof(Generators)])]
    public bool Never_throws(byte[] octets, HostileText text)
    {
        var flat = text.Value.ReplaceLineEndings("\r\n ").Replace("\0", "", StringComparison.Ordinal);
        foreach (var name in MmhsFieldNames.All)
        {
            Read(HeaderBlock.Scan(Octets($"{name}: {flat}\r\n\r\n"), 1 << 20, 1000));
            byte[] raw = [.. Octets(name + ":"), .. octets.Where(o => o is not 0 and not 10 and not 13), 13, 10];
            Read(HeaderBlock.Scan(raw, 1 << 20, 1000));
        }

        MmhsReader.TryReadStrings(octets, out _);
        MmhsReader.TryReadPrecedence(octets, out _);
        return true;
    }

    // What was read is what is written, and positions stay inside the body.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Reads_mutated_fields_without_harm(int seed)
    {
        var random = new Random(seed);
        string[] bodies =
        [
            " UK <a@b.test>, g: \"x \\\" y\" <\"q q\"@b.test>;, =?utf-8?b?w6k=?= <c@[192.0.2.1]>", " Mon, 09 Aug 2010 15:27:40 +0100 (c)", " SDM; KKZ ; BRL", " RXFPA ZOV\r\n MINDEF", " A; B",
            " 23", " IMSCOM-JIC-612-78", " 0 (Deferred)", " flash", " 0(exercise); identifier=\"CANDLE FISH\"", " UK SHL COS; X", " UK", " RPDLE 1234 0341215", " SACLANT", " r@b.test",
        ];
        const string Alphabet = " \t;,\"()<>@:\\=?.-+09azAZ\u00e9[]\u0001";
        for (var i = 0; i < 20_000; i++)
        {
            var field = (MmhsField)random.Next(MmhsFieldNames.Count);
            var body = new StringBuilder(bodies[random.Next(3) is 0 ? random.Next(bodies.Length) : (int)field]);
            for (var n = random.Next(4); n > 0; n--)
            {
                var at = random.Next(1, body.Length);
                if (random.Next(2) is 0) body.Insert(at, Alphabet[random.Next(Alphabet.Length)]);
                else if (body.Length > 2) body.Remove(at, 1);
            }

            var reading = Read($"{field.Name()}:{body}\r\n");
            foreach (var fault in reading.Faults) Assert.InRange(fault.Position, 0, Encoding.UTF8.GetByteCount(body.ToString()) + 1);
            var written = Write(reading);
            Assert.Equal(written, Write(Read(written)));
            Assert.Empty(Read(written).Faults);
        }
    }

    private static string Write(MmhsReading reading) => Encoding.UTF8.GetString(MmhsWriter.Write(reading.Fields));

    private static MmhsReading Read(string fields) => Read(HeaderBlock.Scan(Octets(fields + "\r\n"), 1 << 20, 1000));

    private static MmhsReading Read(HeaderBlock header) => MmhsReader.Read(header);

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);
}
