using System.Text;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Checks.Scanning;
using MilSwitch.Domain.Checking;
using MilSwitch.Testing;

namespace MilSwitch.Checks.Tests.Scanning;

[Trait("Feature", "J-07")]
public sealed class ClamdTests
{
    // Behind the last line of a mail, the piece of no length.
    private const string EndOfStream = "\r\n\0\0\0\0";

    private static ClamdClient Client(ScannerAddress address, TimeProvider? time = null) => new(new ClamdRules { Address = address }, time ?? TimeProvider.System);

    private static async Task<CheckVerdict> Judge(IScanner scanner, byte[] mail, bool parts = true) =>
        await new ScanCheck(new ScanRules { ScansParts = parts }, scanner, "clamd").CheckAsync(Mails.Subject(mail), default);

    [RequiresFact("clamd")]
    public async Task Finds_eicar_with_a_real_clamd()
    {
        using var workspace = new Workspace("clamd");
        await using var clamd = await ClamdInstance.StartAsync(workspace);
        var client = Client(clamd.Address);
        Assert.True(await client.PingAsync(default));
        Assert.StartsWith("ClamAV", await client.VersionAsync(default), StringComparison.Ordinal);
        Assert.Equal(ScanAnswer.Clean, await client.ScanAsync("hello"u8.ToArray(), default));
        Assert.Equal(ScanAnswer.Clean, await client.ScanAsync(new byte[900_000], default));
        var found = await client.ScanAsync(Eicar.File, default);
        Assert.True(found.Result is ScanResult.Found && found.Detail.StartsWith(Eicar.Name, StringComparison.Ordinal), found.ToString());

        Assert.Equal(CheckOutcome.Passed, (await Judge(client, Mails.Attaching("a file"u8, "application/octet-stream", "a.bin"))).Outcome);
        var verdict = await Judge(client, Mails.Attaching(Eicar.File, "application/octet-stream", "a.bin"));
        Assert.Equal(CheckOutcome.Blocked, verdict.Outcome);
        Assert.Contains($"part 1.2: {found.Detail}", verdict.Findings.AsEnumerable());
    }

    [RequiresFact("clamd")]
    public async Task Holds_what_is_too_large_for_a_real_clamd_and_what_comes_when_it_is_gone()
    {
        using var workspace = new Workspace("clamd");
        var clamd = await ClamdInstance.StartAsync(workspace);
        var client = Client(clamd.Address);
        Assert.Equal(ScanAnswer.NotDone("larger than the scanner takes"), await client.ScanAsync(new byte[8 << 20], default));
        await clamd.DisposeAsync();
        Assert.Equal((CheckOutcome.Undecided, "the scanner can't be reached"), await Outcome(client));
    }

    [Fact]
    public async Task Sends_pieces_with_their_lengths()
    {
        await using var server = new ScriptedScanner([("x\0\0\0\0", "stream: OK\0")]);
        var client = new ClamdClient(new ClamdRules { Address = server.Address, ChunkOctets = 1024 }, TimeProvider.System);
        Assert.Equal(ScanAnswer.Clean, await client.ScanAsync(Encoding.ASCII.GetBytes(new string('x', 1500)), default));
        Assert.Equal($"zINSTREAM\0\0\0\x04\0{new string('x', 1024)}\0\0\x01\xdc{new string('x', 476)}\0\0\0\0", server.Heard[0].ToString());
    }

    [Theory]
    [InlineData("stream: Evil.\x1b[31mName FOUND\0", CheckOutcome.Blocked, "the message: Evil.?[31mName")]
    [InlineData("INSTREAM size limit exceeded. ERROR\0", CheckOutcome.Undecided, "the message: larger than the scanner takes")]
    [InlineData("stream: Can't allocate memory ERROR\0", CheckOutcome.Undecided, "the message: the scanner reports an error")]
    [InlineData("stream: OK", CheckOutcome.Undecided, "the scanner broke off or gave an answer that is none")]
    [InlineData("stream: OKAY\0", CheckOutcome.Undecided, "the scanner broke off or gave an answer that is none")]
    [InlineData("", CheckOutcome.Undecided, "the scanner broke off or gave an answer that is none")]
    public async Task Takes_only_one_answer_for_clean(string answer, CheckOutcome outcome, string finding)
    {
        await using var server = new ScriptedScanner([(EndOfStream, answer), ("", null)]);
        Assert.Equal((outcome, finding), await Outcome(Client(server.Address)));
    }

    [Fact]
    public async Task Holds_when_the_scanner_never_answers()
    {
        var time = new FakeTimeProvider();
        await using var server = new ScriptedScanner([(EndOfStream, ""), ("never", null)]);
        var judging = Outcome(Client(server.Address, time));
        await Eventually.ComesTrueAsync(() => server.Heard is [var heard] && heard.ToString().EndsWith(EndOfStream, StringComparison.Ordinal), TimeSpan.FromSeconds(10), "it has the message");
        // The timer of the answer may begin a moment later.
        await Eventually.ComesTrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(60));
            return judging.IsCompleted;
        }, TimeSpan.FromSeconds(10), "it gives up");
        Assert.Equal((CheckOutcome.Undecided, "the scanner is too slow"), await judging);
    }

    [Fact]
    public async Task Sends_nothing_that_is_larger_than_allowed()
    {
        var client = new ClamdClient(new ClamdRules { Address = ScannerAddress.Parse("127.0.0.1:1", 1), LargestStream = 1024 }, TimeProvider.System);
        Assert.Equal(ScanAnswer.NotDone("larger than the scanner takes"), await client.ScanAsync(new byte[1025], default));
    }

    [Fact]
    [Trait("Threat", "M2")]
    public async Task Holds_what_can_not_be_decoded_for_it()
    {
        await using var server = new ScriptedScanner([(EndOfStream, "stream: OK\0")], [(EndOfStream, "stream: OK\0")]);
        var verdict = await Judge(Client(server.Address), Mails.Text("AA==AA==", encoding: "base64"));
        Assert.Equal((CheckOutcome.Undecided, "part 1: the base64 is not sound"), (verdict.Outcome, verdict.Findings[0]));
    }

    [Theory]
    [InlineData("unix:/run/clamav/clamd.ctl", "unix:/run/clamav/clamd.ctl")]
    [InlineData("scanner.example", "scanner.example:3310")]
    [InlineData("192.0.2.1:99", "192.0.2.1:99")]
    [InlineData("[2001:db8::1]", "[2001:db8::1]:3310")]
    [InlineData("[2001:db8::1]:99", "[2001:db8::1]:99")]
    public void Reads_addresses(string text, string expected) => Assert.Equal(expected, ScannerAddress.Parse(text, 3310).ToString());

    [Theory]
    [InlineData("unix:relative")]
    [InlineData("host:0")]
    [InlineData("host:x")]
    [InlineData("a b:1")]
    [InlineData("")]
    public void Refuses_what_is_no_address(string text) => Assert.Throws<FormatException>(() => ScannerAddress.Parse(text, 3310));

    private static async Task<(CheckOutcome, string)> Outcome(IScanner scanner)
    {
        var verdict = await Judge(scanner, Mails.Text("x"), parts: false);
        return (verdict.Outcome, verdict.Findings.FirstOrDefault(""));
    }
}
