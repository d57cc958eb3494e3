using System.Text;
using FsCheck.Xunit;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Smtp.Tests.Client;

public sealed class WirePartsTests
{
    private static async Task<ReplyReader> ReadAsync(string octets, bool drop)
    {
        var (client, server) = DuplexStream.Pair(drop);
        await server.WriteAsync(Encoding.Latin1.GetBytes(octets));
        server.Dispose();
        var reader = new ReplyReader(client);
        if (!reader.TryNext()) await reader.NextAsync(default);
        return reader;
    }

    [Theory]
    [InlineData("250 2.0.0 fine\r\n", "250 2.0.0 fine")]
    [InlineData("250\r\n", "250 ")]
    [InlineData("250-2.1.0 one\r\n250-2.1.0 two\r\n250 2.1.0 three\r\n", "250 2.1.0 one two three")]
    [InlineData("550 5.7.1\r\n", "550 5.7.1 ")]
    [InlineData("451 a\0b\u001b[31mc\td\u0085\r\n", "451 a?b?[31mc d?")]
    [InlineData("250 9.9.9 no such class\r\n", "250 9.9.9 no such class")]
    public async Task Reads_a_reply_whole_and_octet_by_octet(string octets, string expected)
    {
        foreach (var drop in new[] { false, true })
        {
            var reader = await ReadAsync(octets, drop);
            Assert.Equal(expected, reader.ToReply().ToString());
            Assert.Equal(0, reader.Buffered);
        }
    }

    [Theory]
    [Trait("Threat", "S15")]
    [InlineData("250 bare\n")]
    [InlineData("250 bare\rcr\r\n")]
    [InlineData("250-a\r\n251 b\r\n")]
    [InlineData("150 too early\r\n")]
    [InlineData("650 too late\r\n")]
    [InlineData("25\r\n")]
    [InlineData("250x\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    [InlineData("\r\n")]
    public async Task Refuses_what_is_no_reply(string octets)
    {
        foreach (var drop in new[] { false, true })
            await Assert.ThrowsAsync<SmtpProtocolException>(() => ReadAsync(octets, drop));
    }

    [Fact]
    [Trait("Threat", "S15")]
    public async Task Bounds_lines_and_their_number()
    {
        await Assert.ThrowsAsync<SmtpProtocolException>(() => ReadAsync("250 " + new string('a', 5000), false));
        await Assert.ThrowsAsync<SmtpProtocolException>(() => ReadAsync("250 " + new string('a', 5000) + "\r\n", false));
        await Assert.ThrowsAsync<SmtpProtocolException>(() => ReadAsync(string.Concat(Enumerable.Repeat("250-a\r\n", 101)), false));
        var most = string.Concat(Enumerable.Repeat("250-" + new string('a', 4000) + "\r\n", 50));
        await Assert.ThrowsAsync<SmtpProtocolException>(() => ReadAsync(most, false));
        await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync("250-a\r\n250 b", false));
        var reader = await ReadAsync("250 " + new string('a', 4000) + "\r\n250 more\r\n", false);
        Assert.Equal(512, reader.ToReply().Text.Length);
        Assert.Equal(10, reader.Buffered);
    }

    [Property(MaxTest = 300)]
    public bool Never_lets_control_characters_into_a_reply(byte[] octets)
    {
        var reader = new ReplyReader(new MemoryStream([.. "550 "u8, .. octets.Where(o => o is not 13 and not 10), .. "\r\n"u8]));
        if (!reader.TryNext()) reader.NextAsync(default).AsTask().GetAwaiter().GetResult();
        return reader.ToReply().Text.All(c => c is >= ' ' and <= '~');
    }

    [Property(MaxTest = 500)]
    public bool Stuffing_and_unstuffing_gives_the_same_lines(byte[] choices, byte cut)
    {
        var content = Content(choices);
        var output = new OutputBuffer();
        var stuffer = new DotStuffer();
        for (var i = 0; i < content.Length; i += cut % 7 + 1) stuffer.Append(content.AsSpan(i, Math.Min(cut % 7 + 1, content.Length - i)), output);
        stuffer.AppendEnd(output);
        var wire = Encoding.Latin1.GetString(output.WrittenSpan);
        var end = wire.StartsWith(".\r\n", StringComparison.Ordinal) ? 0 : wire.IndexOf("\r\n.\r\n", StringComparison.Ordinal) + 2;
        var lines = wire[..end].Split("\r\n").Select(l => l.StartsWith('.') ? l[1..] : l);
        var expected = Encoding.Latin1.GetString(content);
        if (expected.Length > 0 && !expected.EndsWith("\r\n", StringComparison.Ordinal)) expected += "\r\n";
        return end + 3 == wire.Length && string.Join("\r\n", lines) == expected;
    }

    // Few kinds of octets, so that line ends and dots meet often; CR and LF only as pairs.
    internal static byte[] Content(byte[] choices) =>
        [.. choices.SelectMany(c => (c % 5) switch { 0 => "\r\n"u8.ToArray(), 1 or 2 => "."u8.ToArray(), 3 => "\r\n."u8.ToArray(), _ => "x"u8.ToArray() })];

    [Theory]
    [Trait("Threat", "S2")]
    [InlineData("a\r\nb\r\n", false)]
    [InlineData("a\nb\r\n", true)]
    [InlineData("a\rb\r\n", true)]
    [InlineData("a\r\r\n", true)]
    [InlineData("a\r", true)]
    [InlineData("\n.\n", true)]
    [InlineData("", false)]
    public void Finds_bare_line_ends_in_pieces_of_any_size(string content, bool bare)
    {
        for (var size = 1; size <= Math.Max(1, content.Length); size++)
        {
            var scan = new ContentScan();
            foreach (var piece in content.Chunk(size)) scan.Add(Encoding.ASCII.GetBytes(piece));
            scan.Complete();
            Assert.Equal(bare, scan.BareLineEnd);
            Assert.False(scan.EightBit);
        }
    }

    [Theory]
    [Trait("Feature", "A-14")]
    [InlineData("A: 1\r\nMT-Priority: 4\r\nB: 2\r\n\r\nMT-Priority: 4\r\n", "A: 1\r\nB: 2\r\n\r\nMT-Priority: 4\r\n")]
    [InlineData("mt-PRIORITY : 4\r\n (ultra)\r\n\tmore\r\nB: 2\r\n", "B: 2\r\n")]
    [InlineData("MT-Priority: 1\r\nMT-Priority: 2\r\n\r\n", "\r\n")]
    [InlineData("MT-Prioritys: 1\r\n x\r\nMT-Priorit: 1\r\nX-MT-Priority: 1\r\n\r\n", "MT-Prioritys: 1\r\n x\r\nMT-Priorit: 1\r\nX-MT-Priority: 1\r\n\r\n")]
    [InlineData("A: 1\r\n MT-Priority: 4\r\n\r\n", "A: 1\r\n MT-Priority: 4\r\n\r\n")]
    [InlineData("MT\rPriority: 1\r\n", "MT\rPriority: 1\r\n")]
    [InlineData("A: 1\r\nMT-Prio", "A: 1\r\nMT-Prio")]
    [InlineData("MT-Priority: 1", "")]
    [InlineData("\r\nMT-Priority: 1\r\n", "\r\nMT-Priority: 1\r\n")]
    public void Takes_out_the_field_and_nothing_else(string content, string expected)
    {
        for (var size = 1; size <= content.Length; size++)
        {
            var output = new OutputBuffer();
            var filter = new MtPriorityFieldFilter();
            foreach (var piece in content.Chunk(size)) filter.Append(Encoding.ASCII.GetBytes(piece), output);
            filter.Complete(output);
            Assert.Equal(expected, Encoding.ASCII.GetString(output.WrittenSpan));
        }
    }

    [Fact]
    public void Reads_capabilities_in_any_case_and_shrugs_at_nonsense()
    {
        var hop = HopCapabilities.None;
        foreach (var line in new[] { "pipelining", "Size 123", "DELIVERBY 240", "MT-PRIORITY STANAG4406", "XSTARTTLS", "", " ", "AUTH=LOGIN" })
            hop = hop.With(Encoding.ASCII.GetBytes(line));
        Assert.True(hop is
        {
            Pipelining: true, Size: true, MaximumSize: 123, DeliverBy: true, MtPriority: true, MtPriorityPolicy: "STANAG4406", StartTls: false,
        });
        Assert.Equal(TimeSpan.FromSeconds(240), hop.MinimumDeliverBy);
        Assert.Null(HopCapabilities.None.With("SIZE 0"u8).MaximumSize);
        Assert.Null(HopCapabilities.None.With("SIZE 99999999999999999999"u8).MaximumSize);
        Assert.Equal(TimeSpan.Zero, HopCapabilities.None.With("DELIVERBY -5"u8).MinimumDeliverBy);
    }
}
