using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

public sealed partial class RelayTests : FieldTest
{
    [Theory]
    [InlineData(1 << 10)]
    [InlineData(100 << 10)]
    [InlineData(5 << 20)]
    [Trait("Feature", "A-01")]
    public async Task Relays_every_octet_below_its_trace_fields(int size)
    {
        var sink = StartSink();
        var milswitch = await StartSwitchAsync(sink.NextHop);
        var content = OddContent(size);

        await SubmitAsync(milswitch, DotStuffed(content), "BODY=8BITMIME");

        var arrived = Assert.Single(await sink.WaitForAsync(1, Soon));
        var octets = arrived.Content.Span;
        Assert.True(octets.EndsWith(content), "the content changed");
        var trace = Encoding.UTF8.GetString(octets[..^content.Length]);
        Assert.StartsWith("Received: ", trace, StringComparison.Ordinal);
        Assert.All(trace.TrimEnd().Split("\r\n"), line => Assert.Matches(FieldLine(), line));
        Assert.Empty(sink.Complaints);
    }

    [Fact]
    [Trait("Feature", "A-10")]
    public async Task Hands_on_what_the_envelope_asked_for()
    {
        var sink = StartSink();
        var milswitch = await StartSwitchAsync(sink.NextHop);

        await SubmitAsync(
            milswitch, Message("parameters"), "MT-PRIORITY=3 RET=HDRS ENVID=QQ314159 BODY=8BITMIME", "a@client.test",
            "<b@sink.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Original+2Bname@client.test");

        var arrived = Assert.Single(await sink.WaitForAsync(1, Soon));
        foreach (var parameter in (string[])["MT-PRIORITY=3", "RET=HDRS", "ENVID=QQ314159"]) Assert.Contains(parameter, arrived.Mail, StringComparison.Ordinal);
        var recipient = Assert.Single(arrived.Recipients);
        Assert.Matches("NOTIFY=(SUCCESS,DELAY|DELAY,SUCCESS)", recipient);
        Assert.Contains("ORCPT=rfc822;Original+2Bname@client.test", recipient, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "A-13")]
    public async Task Writes_the_priority_into_the_header_for_a_hop_that_knows_no_extension()
    {
        var sink = StartSink(new SinkOptions { Extensions = SinkOptions.Nothing });
        var milswitch = await StartSwitchAsync(sink.NextHop);
        var content = Message("tunnel");

        await SubmitAsync(milswitch, content, "MT-PRIORITY=4");

        var arrived = Assert.Single(await sink.WaitForAsync(1, Soon));
        Assert.Equal("4", arrived.Field("MT-Priority"));
        Assert.DoesNotContain("MT-PRIORITY", arrived.Mail, StringComparison.OrdinalIgnoreCase);
        Assert.True(arrived.Content.Span.EndsWith(content));
    }

    [Fact]
    public async Task Uses_TLS_with_a_verified_certificate_where_the_route_requires_it()
    {
        using var pki = new TestPki();
        using var certificate = pki.Issue("127.0.0.1");
        TestPki.Write(pki.Authority, Workspace["ca.pem"]);
        var sink = StartSink(new SinkOptions { Certificate = certificate });
        var milswitch = await StartSwitchAsync([new RouteSetup("*", sink.NextHop) { Tls = $"{{ mode: required, ca: {Workspace["ca.pem"]} }}" }]);

        await SubmitAsync(milswitch, Message("under TLS"));

        Assert.True(Assert.Single(await sink.WaitForAsync(1, Soon)).Encrypted);
    }

    [RequiresFact("postfix", Requirement.Root)]
    public async Task Takes_mail_from_Postfix()
    {
        var sink = StartSink();
        var milswitch = await StartSwitchAsync(sink.NextHop);
        var postfix = Keep(await PostfixInstance.StartAsync(
            Workspace["postfix"], new PostfixOptions { NextHop = $"127.0.0.1:{milswitch.Port}" }));
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;

        await SmtpBlaster.RunAsync(new BlastOptions { Port = postfix.Port, Messages = 200, Sessions = 5 }, ledger);
        await sink.WaitForAsync(200, Soon);

        Assert.Empty(ledger.Balance().Lost);
        Assert.Equal(0, ledger.Balance().Duplicates);
        Assert.Equal(2, Regex.Count(Text(sink.Transactions[0]), "^Received:", RegexOptions.Multiline));
    }

    [RequiresFact("postfix", Requirement.Root)]
    public async Task Hands_mail_to_Postfix()
    {
        var sink = StartSink();
        var postfix = Keep(await PostfixInstance.StartAsync(Workspace["postfix"], new PostfixOptions { NextHop = sink.NextHop }));
        var milswitch = await StartSwitchAsync($"127.0.0.1:{postfix.Port}");
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;

        await SmtpBlaster.RunAsync(new BlastOptions { Port = milswitch.Port, Messages = 200, Sessions = 5 }, ledger);
        await sink.WaitForAsync(200, Soon);

        Assert.Empty(ledger.Balance().Lost);
        Assert.Equal(0, ledger.Balance().Duplicates);
    }

    [GeneratedRegex(@"^([!-9;-~]+: ?|[ \t])[^\r\n]*$")]
    private static partial Regex FieldLine();

    // Everything that a careless relay would tidy up: lone dots, blanks at line ends, tabs, folded and odd fields, octets above
    // ASCII in no known character set, lines as long as they may be, a missing Date, empty lines at the end.
    private static byte[] OddContent(int size)
    {
        var head = Encoding.Latin1.GetBytes(
            "from: <a@client.test>\r\nTO:<b@sink.test>\r\nSubject:\t =?utf-8?q?Fl=C3=A4che?= \r\n folded  \r\nX-Odd:\r\nX-Odd: twice\t\r\n"
            + $"Message-Id: <{Guid.NewGuid():N}@client.test>\r\n\r\n.\r\n..\r\n. \r\n--boundary\r\n\t\r\n   trailing   \r\n");
        var body = new byte[size];
        head.CopyTo(body, 0);
        for (var i = head.Length; i < size; i++)
        {
            var column = (i - head.Length) % 900;
            body[i] = column switch { 898 => (byte)'\r', 899 => (byte)'\n', 0 => (byte)'.', _ => (byte)(0x80 + (i * 7 % 0x7f)) };
        }

        "\r\n\r\n\r\n"u8.CopyTo(body.AsSpan(size - 6));
        if (body[size - 7] is (byte)'\r') body[size - 7] = (byte)'x';
        return body;
    }

    private static byte[] DotStuffed(byte[] content)
    {
        var stuffed = new MemoryStream();
        for (var i = 0; i < content.Length; i++)
        {
            if (content[i] == '.' && (i is 0 || content[i - 1] == '\n')) stuffed.WriteByte((byte)'.');
            stuffed.WriteByte(content[i]);
        }

        return stuffed.ToArray();
    }
}
