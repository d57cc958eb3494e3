using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime.Tests;

public sealed partial class TraceFieldsTests
{
    private static readonly MessageId Id = MessageId.Create(3, 12345, 7);

    private static readonly ReceivedTrace Trace = new(
        "sw1.example.mil", "client.example.com", "192.0.2.1", null, Authenticated: false, SmtpUtf8: false, Id, null,
        new DateTimeOffset(2010, 8, 9, 15, 27, 40, TimeSpan.FromHours(1)), null);

    [Fact]
    [Trait("Feature", "A-13")]
    public void Writes_all_clauses_in_the_order_of_the_grammar()
    {
        MtPriority.TryCreate(-3, out var priority);
        var field = Write(Trace with
        {
            Tls = "Tls13 TLS_AES_256_GCM_SHA384", Authenticated = true, Priority = priority, Recipient = Mailbox.Parse("cgt@shl.example.com"), ClientAddress = "2001:db8::1",
        });

        Assert.Equal(
            "Received: from client.example.com ([IPv6:2001:db8::1])\r\n" +
            $"\tby sw1.example.mil with ESMTPSA id {Id} for <cgt@shl.example.com>\r\n" +
            "\ttls TLS_AES_256_GCM_SHA384 PRIORITY -3; Mon, 09 Aug 2010 15:27:40 +0100\r\n",
            field);
    }

    [Theory]
    [InlineData(false, false, false, "ESMTP")]
    [InlineData(false, true, false, "ESMTPS")]
    [InlineData(false, false, true, "ESMTPA")]
    [InlineData(true, false, false, "UTF8SMTP")]
    [InlineData(true, true, true, "UTF8SMTPSA")]
    public void Names_the_protocol(bool utf8, bool tls, bool authenticated, string protocol) =>
        Assert.Contains($" with {protocol} id ", Write(Trace with { SmtpUtf8 = utf8, Tls = tls ? "x" : null, Authenticated = authenticated }), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("x) by sw1.example.mil (")]
    [InlineData("a\r\nBcc: x@example.com")]
    [InlineData("[127.0.0.1")]
    [InlineData("b\u00fccher.example")]
    [InlineData("a;Mon")]
    [Trait("Threat", "S10")]
    public void Does_not_repeat_a_name_that_is_none(string helo) =>
        Assert.StartsWith("Received: from unknown ([192.0.2.1])\r\n\tby sw1.example.mil", Write(Trace with { Helo = helo }), StringComparison.Ordinal);

    [Theory]
    [InlineData("::ffff:192.0.2.7", " ([192.0.2.7])")]
    [InlineData("fe80::1%eth0", " ([IPv6:fe80::1])")]
    [InlineData("", "example.com\r\n")]
    [InlineData("[192.0.2.1]) (x", "example.com\r\n")]
    public void Writes_the_client_address_as_a_literal(string address, string expected) =>
        Assert.Contains(expected, Write(Trace with { ClientAddress = address }), StringComparison.Ordinal);

    [Fact]
    public void Names_an_address_beyond_ASCII_only_in_an_internationalised_message()
    {
        var recipient = Mailbox.Parse("j\u00fcrgen@example.com");

        Assert.DoesNotContain("for <", Write(Trace with { Recipient = recipient }), StringComparison.Ordinal);
        Assert.Contains("for <j\u00fcrgen@example.com>", Write(Trace with { Recipient = recipient, SmtpUtf8 = true }), StringComparison.Ordinal);
    }

    [Property(MaxTest = 1000, Arbitrary = [typeof(Generators)])]
    [Trait("Threat", "S10")]
    public bool Is_always_one_well_formed_field(HostileText helo, HostileText address, HostileText tls, int seconds, sbyte zone, sbyte priority)
    {
        MtPriority.TryCreate(priority % 10, out var value);
        var trace = Trace with
        {
            Helo = helo.Value, ClientAddress = address.Value, Tls = tls.Value + "TLS_" + tls.Value, Priority = value,
            Date = Trace.Date.AddSeconds(seconds).ToOffset(TimeSpan.FromMinutes(zone % 100 * 6)),
        };
        var octets = TraceFields.Received(trace);
        var text = Encoding.UTF8.GetString(octets);
        var header = HeaderBlock.Scan(octets, 1 << 16, 10);
        var facts = MessageFacts.Read(header, ["sw1.example.mil"]);
        return header is { Fault: HeaderFault.None, Count: 1 } && header.Length == octets.Length && facts.OwnReceivedCount == 1
            && Grammar().IsMatch(text) && MimeKit.Utils.DateUtils.TryParse(text[(text.LastIndexOf(';') + 1)..].Trim(), out var date) && date == trace.Date.AddTicks(-(trace.Date.Ticks % TimeSpan.TicksPerSecond))
            && text.Split("\r\n").All(line => line.Length <= 78 || !line.TrimStart('\t').Contains(' ') || line.StartsWith("Received:", StringComparison.Ordinal) || line.StartsWith("\tby", StringComparison.Ordinal));
    }

    [Property(MaxTest = 500)]
    public bool Writes_dates_of_any_zone(DateTime time, short minutes)
    {
        var offset = TimeSpan.FromMinutes(minutes % (14 * 60));
        var date = new DateTimeOffset(new DateTime(2000, 1, 1).AddSeconds(time.Ticks / 10_000_000 % 3_000_000_000), offset);
        return MailDate.Format(date) == date.ToString("ddd, dd MMM yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture).Remove(29, 1);
    }

    [Fact]
    public void Marks_a_possible_duplicate() =>
        Assert.Equal($"X-MilSwitch-Suspected-Duplicate: id={Id}; attempt=2\r\n", Encoding.ASCII.GetString(TraceFields.SuspectedDuplicate(Id, 2)));

    [Theory]
    [InlineData("X-MilSwitch-Suspected-Duplicate", true)]
    [InlineData("x-milswitch-", true)]
    [InlineData("X-MilSwitch", false)]
    [InlineData("X-MilSwitcher-A", false)]
    [InlineData("Received", false)]
    [Trait("Threat", "M3")]
    public void Knows_its_own_fields(string name, bool own) => Assert.Equal(own, TraceFields.MustStrip(Encoding.ASCII.GetBytes(name)));

    private static string Write(ReceivedTrace trace) => Encoding.UTF8.GetString(TraceFields.Received(trace));

    [GeneratedRegex(
        @"^Received: from [A-Za-z0-9._:\[\]-]+( \(\[[A-Za-z0-9.:_-]+\]\))?\r\n\tby sw1\.example\.mil with (ESMTP|UTF8SMTP)S?A? id [0-9A-Z]{13}" +
        @"([ ]|\r\n\t)tls TLS_[A-Za-z0-9_]*([ ]|\r\n\t)PRIORITY -?[0-9];([ ]|\r\n\t)\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\r\n$")]
    private static partial Regex Grammar();
}
