using System.Collections.Immutable;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime.Tests;

[Trait("Feature", "D-01")]
public sealed class MmhsWriterTests
{
    [Property(MaxTest = 1000, Arbitrary = [typeof(MmhsGenerators)])]
    public void Writes_what_is_read_back(MmhsFields fields)
    {
        var octets = MmhsWriter.Write(fields);
        var text = Encoding.UTF8.GetString(octets);
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.DoesNotContain('\r', text.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.All(text.Split("\r\n"), line => Assert.True(line.Length < 78 && (line.Length is 0 || line.AsSpan().Trim().Length > 0), line));

        var header = HeaderBlock.Scan(octets, 1 << 20, 1000);
        var reading = MmhsReader.Read(header);
        Assert.Empty(reading.Faults);
        Assert.Equal(header.Count, reading.Present.Length);
        var read = reading.Fields;
        Assert.Equal(fields.ExemptedAddresses.AsEnumerable(), read.ExemptedAddresses.AsEnumerable());
        Assert.Equal(fields.ExtendedAuthorisationInfo, read.ExtendedAuthorisationInfo);
        Assert.Equal(fields.ExtendedAuthorisationInfo?.Offset, read.ExtendedAuthorisationInfo?.Offset);
        Assert.Equal(fields.SubjectIndicatorCodes.AsEnumerable(), read.SubjectIndicatorCodes.AsEnumerable());
        Assert.Equal(fields.HandlingInstructions.AsEnumerable(), read.HandlingInstructions.AsEnumerable());
        Assert.Equal(fields.MessageInstructions.AsEnumerable(), read.MessageInstructions.AsEnumerable());
        Assert.Equal(fields.CodressMessageIndicator, read.CodressMessageIndicator);
        Assert.Equal(fields.OriginatorReference, read.OriginatorReference);
        Assert.Equal(fields.PrimaryPrecedence, read.PrimaryPrecedence);
        Assert.Equal(fields.CopyPrecedence, read.CopyPrecedence);
        Assert.Equal(fields.MessageType, read.MessageType);
        Assert.Equal(fields.OtherRecipientsTo.AsEnumerable(), read.OtherRecipientsTo.AsEnumerable());
        Assert.Equal(fields.OtherRecipientsCc.AsEnumerable(), read.OtherRecipientsCc.AsEnumerable());
        Assert.Equal(fields.Acp127MessageIdentifier, read.Acp127MessageIdentifier);
        Assert.Equal(fields.OriginatorPlad, read.OriginatorPlad);
        Assert.Equal(fields.AuthorizingUsers.AsEnumerable(), read.AuthorizingUsers.AsEnumerable());
    }

    [Fact]
    public void Writes_nothing_for_nothing() => Assert.Empty(MmhsWriter.Write(MmhsFields.None));

    [Fact]
    public void Refuses_values_that_would_not_be_read_back()
    {
        var mailbox = Mailbox.Parse("a@b.test");
        MmhsFields[] bad =
        [
            new() { OriginatorPlad = "" }, new() { OriginatorPlad = " A" }, new() { OriginatorPlad = "A\r\nBcc: x" }, new() { OriginatorPlad = "é" }, new() { OriginatorPlad = new string('A', 70) },
            new() { SubjectIndicatorCodes = ["AB"] }, new() { SubjectIndicatorCodes = ["ABC;"] }, new() { HandlingInstructions = ["A", ""] }, new() { CodressMessageIndicator = -1 },
            new() { PrimaryPrecedence = new PrecedenceNumber(32) }, new() { CopyPrecedence = new PrecedenceNumber(-1) }, new() { MessageType = new MmhsMessageType(256) },
            new() { MessageType = new MmhsMessageType(1, "\"") }, new() { ExemptedAddresses = [new MmhsAddress(Mailbox.Parse("postmaster"))] },
            new() { AuthorizingUsers = [new MmhsAddress(mailbox, "a\r\nb")] }, new() { AuthorizingUsers = [new MmhsAddress(mailbox, "a  b")] }, new() { AuthorizingUsers = [new MmhsAddress(mailbox, "")] },
            new() { AuthorizingUsers = [new MmhsAddress(mailbox, "\ud800")] },
        ];
        foreach (var fields in bad) Assert.Throws<FormatException>(() => MmhsWriter.Write(fields));
    }

    [Theory]
    [Trait("Feature", "D-05")]
    [InlineData("2010-08-09T15:27:40+01:00", "091427Z AUG 10")]
    [InlineData("2026-12-31T23:30:00-01:00", "010030Z JAN 27")]
    public void Shows_times_as_date_time_groups(string time, string group) =>
        Assert.Equal(group, DateTimeGroup.Format(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [Trait("Feature", "D-02")]
    [InlineData("To: a@b.test\r\n", "PrimaryPrecedence")]
    [InlineData("To: a@b.test\r\nCc: c@b.test\r\n", "PrimaryPrecedence CopyPrecedence")]
    [InlineData("Bcc: c@b.test\r\nMMHS-Primary-Precedence: 1\r\n", "CopyPrecedence")]
    [InlineData("To: g:;\r\nCc:\r\n", "")]
    [InlineData("To: a@b.test\r\nMMHS-Primary-Precedence: nonsense\r\n", "")]
    public void Finds_what_is_missing(string header, string expected)
    {
        var scanned = HeaderBlock.Scan(Encoding.ASCII.GetBytes(header + "\r\n"), 10_000, 100);
        var reading = MmhsReader.Read(scanned);
        Assert.Equal(expected, string.Join(' ', MmhsPresence.Missing(scanned, reading, new MmhsRules { Presence = true })));
        Assert.Empty(MmhsPresence.Missing(scanned, reading, new MmhsRules()));
        var missing = MmhsPresence.Missing(scanned, reading, new MmhsRules { Presence = true, Require = [MmhsField.OriginatorReference, MmhsField.ExtendedAuthorisationInfo] });
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(2));
        var made = MmhsPresence.Complete(missing, Precedence.Flash, Precedence.Routine, now, out var left);
        Assert.Equal(MmhsField.OriginatorReference, Assert.Single(left));
        var completed = MmhsReader.Read(HeaderBlock.Scan((byte[])[.. MmhsWriter.Write(made), .. Encoding.ASCII.GetBytes(header + "\r\n")], 10_000, 100));
        Assert.Equal(now, completed.Fields.ExtendedAuthorisationInfo);
        if (expected.Contains("Primary", StringComparison.Ordinal)) Assert.Equal(Precedence.Flash, completed.Fields.PrimaryPrecedence!.Value.Named);
        if (expected.Contains("Copy", StringComparison.Ordinal)) Assert.Equal(Precedence.Routine, completed.Fields.CopyPrecedence!.Value.Named);
    }
}

/// <summary>Fields of all values that they may have.</summary>
public static class MmhsGenerators
{
    private const string Printable = "ABCXYZabcxyz0189'()+,-./:=?   ";

    public static Arbitrary<MmhsFields> Fields()
    {
        var strings = String(1, 69).ListOf().Select(s => s.Take(12).ToImmutableArray());
        var optional = Gen.OneOf(Gen.Constant((string?)null), String(1, 69).Select(s => (string?)s));
        var level = Gen.Choose(-1, 31).Select(n => n < 0 ? default(PrecedenceNumber?) : new PrecedenceNumber(n));
        var type = Gen.Choose(-1, 255).SelectMany(n => Gen.OneOf(Gen.Constant((string?)null), Text(Printable, 1, 69).Select(s => (string?)s)), (n, s) => n < 0 ? null : new MmhsMessageType(n, s));
        var time = Gen.Choose(-1, 2_000_000_000).SelectMany(
            s => Gen.Choose(-14 * 60, 14 * 60), (s, offset) => s < 0 ? default(DateTimeOffset?) : DateTimeOffset.FromUnixTimeSeconds(s).ToOffset(TimeSpan.FromMinutes(offset)));
        var name = Gen.OneOf(
            Gen.Constant((string?)null),
            Text("ab.,;:<>@()[]\"\\ =?'é日😀".EnumerateRunes().Select(r => r.ToString()).ToArray(), 1, 30).Select(s => MmhsAddress.Normalised(s)),
            Gen.Elements((string?)"=?utf-8?q?x?=", "UK SHL Duty Officer", "a \"b\" \\", "日本 日本 日本 日本 日本 日本 日本 日本 日本 日本 日本 日本", "."));
        var address = Gen.Elements("a@b.test", "\"x y\\\"\"@b.test", "a.b+c@[192.0.2.1]", "\"\\\\,<\"@b.test", "é@bücher.test").SelectMany(a => name, (a, n) => new MmhsAddress(Mailbox.Parse(a), n));
        // Each word of a name fits into a line: only such are folded below 78 columns.
        var addresses = address.ListOf().Select(a => a.Take(6).ToImmutableArray());
        var codes = String(3, 8).ListOf().Select(s => s.Take(12).ToImmutableArray());
        return (from exempted in addresses
                from authorizing in addresses
                from sent in time
                from sic in codes
                from handling in strings
                from instructions in strings
                from codress in Gen.Choose(-1, int.MaxValue)
                from reference in optional
                from primary in level
                from copy in level
                from kind in type
                from to in strings
                from cc in strings
                from acp in optional
                from plad in optional
                select new MmhsFields
                {
                    ExemptedAddresses = exempted, AuthorizingUsers = authorizing, ExtendedAuthorisationInfo = sent, SubjectIndicatorCodes = sic, HandlingInstructions = handling,
                    MessageInstructions = instructions, CodressMessageIndicator = codress < 0 ? null : codress, OriginatorReference = reference, PrimaryPrecedence = primary, CopyPrecedence = copy,
                    MessageType = kind, OtherRecipientsTo = to, OtherRecipientsCc = cc, Acp127MessageIdentifier = acp, OriginatorPlad = plad,
                }).ToArbitrary();
    }

    private static Gen<string> String(int shortest, int longest) =>
        Text(Printable, shortest, longest).Select(s => s.Length is 1 ? s.Replace(' ', 'A') : s[0] is ' ' || s[^1] is ' ' ? "A" + s[1..^1] + "Z" : s);

    private static Gen<string> Text(string alphabet, int shortest, int longest) => Text([.. alphabet.Select(c => c.ToString())], shortest, longest);

    private static Gen<string> Text(string[] alphabet, int shortest, int longest) =>
        Gen.Choose(shortest, longest).SelectMany(n => Gen.Elements(alphabet).ListOf(n)).Select(parts => string.Concat(parts));
}
