using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Server.Framing;

namespace MilSwitch.Smtp.Tests.Server;

public sealed class FramingPropertyTests
{
    private static readonly string[] Pieces = ["a", "bc", ".", "..", "\r\n", "\r", "\n", "\0", "\r\n.\r\n", "\r\n.", "line of text\r\n", "\u00ff"];

    private static byte[] Octets(int[] choices) =>
        Encoding.Latin1.GetBytes(string.Concat(choices.Select(static choice => Pieces[(int)((uint)choice % (uint)Pieces.Length)])));

    private static (DataStep End, ContentFault Fault, string Content, int Read) Decode(byte[] octets, IEnumerable<int> cuts)
    {
        var decoder = new DataDecoder(1000);
        var content = new StringBuilder();
        var read = 0;
        foreach (var cut in cuts.Append(octets.Length))
        {
            while (read < cut)
            {
                var rest = octets.AsSpan(read, cut - read);
                var step = decoder.Decode(rest, out var consumed, out var start, out var length);
                content.Append(Encoding.Latin1.GetString(rest.Slice(start, length)));
                read += consumed;
                if (step is not DataStep.More) return (step, decoder.Fault, content.ToString(), read);
                Assert.True(consumed > 0, "No progress.");
            }
        }

        return (DataStep.More, decoder.Fault, content.ToString(), read);
    }

    [Property(MaxTest = 2000)]
    public void Every_cut_of_the_data_gives_the_same_content(int[] choices, int[] cuts)
    {
        var octets = Octets(choices);
        var whole = Decode(octets, []);
        var positions = cuts.Select(cut => (int)((uint)cut % (uint)(octets.Length + 1))).Order();
        Assert.Equal(whole, Decode(octets, positions));
        Assert.Equal(whole, Decode(octets, Enumerable.Range(1, octets.Length)));
    }

    /// <summary>Content that passed can be stuffed again and ends nowhere but at its end (THREATS S2).</summary>
    [Property(MaxTest = 2000)]
    [Trait("Threat", "S2")]
    public void Content_that_passed_cannot_forge_an_end_on_its_way_out(int[] choices)
    {
        var octets = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(Octets(choices)) + "\r\n.\r\n");
        var (end, fault, content, _) = Decode(octets, []);
        if (end is not DataStep.End || fault is not ContentFault.None) return;
        Assert.DoesNotContain('\0', content);
        Assert.DoesNotMatch("\r(?!\n)|(?<!\r)\n", content);
        var stuffed = ((content.StartsWith('.') ? "." : "") + content.Replace("\r\n.", "\r\n..", StringComparison.Ordinal)) + ".\r\n";
        var back = Decode(Encoding.Latin1.GetBytes(stuffed), []);
        Assert.Equal((DataStep.End, ContentFault.None, content, stuffed.Length), back);
    }

    [Property(MaxTest = 1000)]
    public void Round_trips_any_text_by_data_and_by_chunks(int[] choices)
    {
        var text = string.Concat(choices.Select(static choice => Pieces[(int)((uint)choice % (uint)Pieces.Length)])).Replace("\0", "", StringComparison.Ordinal);
        text = text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n";
        var stuffed = (text.StartsWith('.') ? "." : "") + text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\n";
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
        bench.Send(stuffed);
        var half = text.Length / 2;
        bench.Send($"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT {half}\r\n{text[..half]}BDAT {text.Length - half} LAST\r\n{text[half..]}");
        Assert.Equal([text, text], bench.Intake.Messages.Select(static message => message.Text));
    }

    [Property(MaxTest = 1000)]
    public void Every_cut_of_chunks_obeys_the_same_rules_of_lines(int[] choices, int cut)
    {
        var octets = Octets(choices);
        var whole = new LineRules(1000);
        whole.Take(octets);
        whole.End();
        var at = (int)((uint)cut % (uint)(octets.Length + 1));
        var parts = new LineRules(1000);
        parts.Take(octets.AsSpan(0, at));
        parts.Take(octets.AsSpan(at));
        parts.End();
        var single = new LineRules(1000);
        foreach (var octet in octets) single.Take([octet]);
        single.End();
        Assert.Equal(whole.Fault, parts.Fault);
        Assert.Equal(whole.Fault, single.Fault);
    }

    /// <summary>A whole dialogue over any cut of the octet stream: the same answers and the same messages.</summary>
    [Property(MaxTest = 300)]
    public void Every_cut_of_a_session_gives_the_same_answers(int seed, int[] cuts)
    {
        var script = Encoding.Latin1.GetBytes(DialogueFuzzTests.Dialogue(new Random(seed)));
        var whole = Play(script, []);
        var positions = cuts.Select(cut => (int)((uint)cut % (uint)(script.Length + 1))).Order();
        Assert.Equal(whole, Play(script, positions));
        Assert.Equal(whole, Play(script, Enumerable.Range(1, script.Length)));
    }

    private static string Play(byte[] script, IEnumerable<int> cuts)
    {
        using var bench = new SessionBench().Start();
        var sent = 0;
        foreach (var cut in cuts.Append(script.Length))
        {
            bench.SendPiece(script.AsSpan(sent, cut - sent));
            sent = cut;
        }

        return bench.Read() + (bench.Closed ? "(closed)" : "") + string.Join('|', bench.Intake.Messages.Select(static message => message.Text));
    }
}
