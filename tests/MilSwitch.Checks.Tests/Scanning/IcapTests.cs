using System.Text;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Checks.Scanning;
using MilSwitch.Domain.Checking;
using MilSwitch.Testing;

namespace MilSwitch.Checks.Tests.Scanning;

[Trait("Feature", "J-07")]
public sealed class IcapTests
{
    private const string EndOfHead = "\r\n\r\n";
    private const string EndOfBody = "\r\n0\r\n\r\n";
    private const string Options = "ICAP/1.0 200 OK\r\nMethods: RESPMOD, REQMOD\r\nISTag: \"one\"\r\nAllow: 204\r\nOptions-TTL: 60\r\nEncapsulated: null-body=0\r\n\r\n";
    private const string OptionsWithPreview = "ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nISTag: \"one\"\r\nPreview: 4\r\nEncapsulated: null-body=0\r\n\r\n";
    private const string Unmodified = "ICAP/1.0 204 Unmodified\r\nISTag: \"one\"\r\n\r\n";
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("hello world");

    private static IcapClient Client(ScannerAddress address, TimeProvider? time = null, bool responses = true) =>
        new(new IcapRules { Address = address, ModifiesResponses = responses }, time ?? TimeProvider.System);

    [RequiresFact("clamd", "c-icap", CIcapInstance.VirusScan, Requirement.Root)]
    public async Task Finds_eicar_with_a_real_c_icap()
    {
        using var workspace = new Workspace("icap");
        await using var clamd = await ClamdInstance.StartAsync(workspace);
        await using var server = await CIcapInstance.StartAsync(workspace, clamd.Address);
        foreach (var responses in new[] { true, false })
        {
            var client = Client(server.Address, responses: responses);
            var options = await client.OptionsAsync(default);
            Assert.True(options is { Preview: 1024, Allows204: true, Tag.Length: > 5 }, options.ToString());
            Assert.Equal(ScanAnswer.Clean, await client.ScanAsync(Mails.Text("hello"), default));
            Assert.Equal(ScanAnswer.Clean, await client.ScanAsync(Mails.Text(new string('x', 300_000)), default));
            var found = await client.ScanAsync(Mails.Attaching(Eicar.File, "application/octet-stream", "a.bin"), default);
            Assert.True(found.Result is ScanResult.Found && found.Detail.StartsWith(Eicar.Name, StringComparison.Ordinal), found.ToString());
            // Behind the preview.
            var late = Mails.Mixed("Content-Type: text/plain\n\n" + new string('x', 3_000), $"Content-Transfer-Encoding: base64\n\n{Convert.ToBase64String(Eicar.File)}");
            Assert.Equal(ScanResult.Found, (await client.ScanAsync(late, default)).Result);
        }

        var echo = new IcapClient(new IcapRules { Address = server.Address, Service = "echo" }, TimeProvider.System);
        Assert.Equal(ScanAnswer.Clean, await echo.ScanAsync(Mails.Text(new string('x', 100_000)), default));
        var nowhere = new IcapClient(new IcapRules { Address = server.Address, Service = "nowhere" }, TimeProvider.System);
        Assert.Equal(CheckOutcome.Undecided, (await new ScanCheck(new ScanRules(), nowhere).CheckAsync(Mails.Subject(Mails.Text("x")), default)).Outcome);
    }

    [Fact]
    public async Task Hears_a_service_that_sends_back_what_it_gets_before_it_has_all_of_it()
    {
        var content = Mails.Text(new string('~', 3 << 20));
        var text = System.Text.Encoding.Latin1.GetString(content);
        await using var server = new ScriptedScanner(
            [(EndOfHead, "ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nISTag: \"t\"\r\nAllow: 204\r\nEncapsulated: null-body=0\r\n\r\n")],
            [("\r\n\r\nHTTP/1.1 200 OK", "ICAP/1.0 200 OK\r\nISTag: \"t\"\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), (EndOfBody, $"{text.Length:x}\r\n{text}\r\n0\r\n\r\n")]);
        Assert.Equal(ScanAnswer.Clean, await Client(server.Address).ScanAsync(content, default));
        Assert.Equal(3 << 20, server.Heard[1].ToString().Count(c => c is '~'));
    }

    [Fact]
    public async Task Says_where_each_piece_begins()
    {
        await using var server = new ScriptedScanner([(EndOfHead, Options)], [(EndOfBody, Unmodified)]);
        Assert.Equal(ScanAnswer.Clean, await Client(server.Address).ScanAsync(Content, default));
        Assert.StartsWith($"OPTIONS icap://{server.Address}/avscan ICAP/1.0\r\nHost: {server.Address}\r\n", server.Heard[0].ToString(), StringComparison.Ordinal);
        var request = server.Heard[1].ToString();
        Assert.Contains("\r\nAllow: 204\r\nEncapsulated: req-hdr=0, res-hdr=64, res-body=133\r\n\r\n", request, StringComparison.Ordinal);
        var body = request[(request.IndexOf(EndOfHead, StringComparison.Ordinal) + 4)..];
        Assert.Equal("HTTP/1.1 200 OK", body[64..79]);
        Assert.Equal("b\r\nhello world\r\n0\r\n\r\n", body[133..]);
    }

    [Fact]
    public async Task Sends_a_preview_and_the_rest_when_it_is_asked_for()
    {
        await using var server = new ScriptedScanner([(EndOfHead, OptionsWithPreview)], [("hell\r\n0\r\n\r\n", "ICAP/1.0 100 Continue\r\n\r\n"), ("o world" + EndOfBody, Unmodified)], [("x; ieof", null)]);
        Assert.Equal(ScanAnswer.Clean, await Client(server.Address).ScanAsync(Content, default));
        Assert.Contains("\r\nPreview: 4\r\n", server.Heard[1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_when_the_preview_is_all()
    {
        await using var server = new ScriptedScanner([(EndOfHead, OptionsWithPreview)], [("hi\r\n0; ieof\r\n\r\n", Unmodified)]);
        Assert.Equal(ScanAnswer.Clean, await Client(server.Address).ScanAsync("hi"u8.ToArray(), default));
    }

    [Fact]
    public async Task Asks_about_the_service_again_when_its_tag_or_time_is_over()
    {
        var time = new FakeTimeProvider();
        await using var server = new ScriptedScanner(
            [(EndOfHead, Options)], [(EndOfBody, Unmodified)], [(EndOfBody, Unmodified.Replace("one", "two", StringComparison.Ordinal))],
            [(EndOfHead, Options)], [(EndOfBody, Unmodified)], [(EndOfHead, Options)], [(EndOfBody, Unmodified)]);
        var client = Client(server.Address, time);
        for (var i = 0; i < 4; i++)
        {
            if (i is 3) time.Advance(TimeSpan.FromSeconds(60));
            Assert.Equal(ScanAnswer.Clean, await client.ScanAsync(Content, default));
        }

        Assert.Equal("ORROROR", string.Concat(server.Heard.Select(h => h[0])));
    }

    [Theory]
    [InlineData("ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Evil;\r\nEncapsulated: res-hdr=0, res-body=2\r\n\r\n", ScanResult.Found, "Evil")]
    [InlineData("ICAP/1.0 204 OK\r\nX-Virus-ID: Evil\x01One\r\n\r\n", ScanResult.Found, "Evil?One")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=2\r\n\r\nHTTP/1.1 403 No\r\n\r\n0\r\n\r\n", ScanResult.Found, "the service would change or replace it")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=2\r\n\r\nHTTP/1.1 200 OK\r\n\r\nb\r\nhello World\r\n0\r\n\r\n", ScanResult.Found, "the service would change or replace it")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=2\r\n\r\nHTTP/1.1 200 OK\r\n\r\n5\r\nhello\r\n0\r\n\r\n", ScanResult.Found, "the service would change or replace it")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=2\r\n\r\nHTTP/1.1 200 OK\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\n\r\n", ScanResult.Clean, "")]
    [InlineData("ICAP/1.0 500 Broken\r\n\r\n", ScanResult.NotDone, "the service answers 500")]
    [InlineData("ICAP/1.0 404 No\r\n\r\n", ScanResult.NotDone, "the service answers 404")]
    public async Task Judges_what_a_service_answers(string answer, ScanResult result, string detail)
    {
        await using var server = new ScriptedScanner([(EndOfHead, Options)], [(EndOfBody, answer)]);
        Assert.Equal(new ScanAnswer(result, detail), await Client(server.Address).ScanAsync(Content, default));
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No\r\n\r\n")]
    [InlineData("ICAP/1.0 2x4 No\r\n\r\n")]
    [InlineData("ICAP/1.0 204 OK\r\nno field\r\n\r\n")]
    [InlineData("ICAP/1.0 204 OK\r\n")]
    [InlineData("ICAP/1.0 200 OK\r\n\r\n")]
    [InlineData("ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=2\r\n\r\nHTTP/1.1 200 OK\r\n\r\nzz\r\n")]
    [InlineData("")]
    public async Task Takes_nothing_for_clean_that_is_no_answer(string answer)
    {
        await using var server = new ScriptedScanner([(EndOfHead, Options)], [(EndOfBody, answer), ("", null)]);
        var verdict = await new ScanCheck(new ScanRules { ScansParts = false }, Client(server.Address)).CheckAsync(Mails.Subject(Content), default);
        Assert.Equal((CheckOutcome.Undecided, "the scanner broke off or gave an answer that is none"), (verdict.Outcome, verdict.Findings[0]));
    }

    [Fact]
    public async Task Holds_when_the_service_has_no_such_method_or_sends_fields_without_end()
    {
        await using var other = new ScriptedScanner([(EndOfHead, Options.Replace("RESPMOD, ", "", StringComparison.Ordinal))]);
        await Assert.ThrowsAsync<IOException>(async () => await Client(other.Address).ScanAsync(Content, default));
        await using var endless = new ScriptedScanner([(EndOfHead, "ICAP/1.0 200 OK\r\n" + string.Concat(Enumerable.Repeat("X: y\r\n", 500)))]);
        await Assert.ThrowsAsync<IOException>(async () => await Client(endless.Address).ScanAsync(Content, default));
    }

    [Fact]
    public void Takes_no_service_that_would_end_the_line() => Assert.Throws<ArgumentOutOfRangeException>(() => new IcapRules { Service = "a b\r\n" });
}
