using System.Diagnostics;
using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Labels.Tests.Carriers;

[Trait("Feature", "H-02")]
[Trait("Threat", "C11")]
public sealed class SioLabelTests(ITestOutputHelper output)
{
    private static readonly SioLabel Example = new("EXAMPLE CONFIDENTIAL", ":ess", Convert.FromHexString("3106060129020103"), "black", "red");

    [Theory]
    [InlineData("marking=\"EXAMPLE CONFIDENTIAL\";\r\n    fgcolor=black; bgcolor=red;\r\n    type=\":ess\"; label=\"MQYGASkCAQM=\"")]
    [InlineData(" marking*=us-ascii'en'EXAMPLE%20CONFIDENTIAL;\r\n\tfgcolor = black ; bgcolor = RED ;\r\n type=\":ess\"; label*0=\"MQYG\";\r\n label*1=\"ASkCAQM=\"")]
    [InlineData("(a (nested) comment) label*1 = \"ASkC\r\n AQM=\" ; LABEL*0=MQYG;type=\":\\ess\"; x-more=\"1\"; bgcolor=red; fgcolor=black; marking*0*=utf-8''EXAMPLE%20; marking*1=CONFIDENTIAL (end);")]
    public void Reads_the_same_label_in_all_its_writings(string body)
    {
        var label = SioLabel.Parse(body);
        Assert.Equal(Example, label);
        Assert.Equal(new SecurityLabel { Policy = "1.1", Classification = 3 }, label.Decode(PolicySet.Empty));
    }

    [Theory]
    [InlineData(LabelFault.Malformed, "")]
    [InlineData(LabelFault.Malformed, ";")]
    [InlineData(LabelFault.Malformed, "marking=a;;label=b")]
    [InlineData(LabelFault.Malformed, "marking")]
    [InlineData(LabelFault.Malformed, "marking=")]
    [InlineData(LabelFault.Malformed, "marking=\"a")]
    [InlineData(LabelFault.Malformed, "marking=a (b")]
    [InlineData(LabelFault.Malformed, "marking=a b")]
    [InlineData(LabelFault.Malformed, "marking=a\r\nBcc: b")]
    [InlineData(LabelFault.Malformed, "marking=\"a\nb\"")]
    [InlineData(LabelFault.Malformed, "marking=\"a\rb\"")]
    [InlineData(LabelFault.Malformed, "marking=\"a\0b\"")]
    [InlineData(LabelFault.Malformed, "marking*=utf-8''a%0D%0ABcc")]
    [InlineData(LabelFault.Malformed, "marking*=utf-8''a%FF")]
    [InlineData(LabelFault.Malformed, "marking*=utf-8''a%4")]
    [InlineData(LabelFault.Malformed, "marking*=utf-7''a")]
    [InlineData(LabelFault.Malformed, "marking*=a")]
    [InlineData(LabelFault.Malformed, "marking*0=a; marking*2=b")]
    [InlineData(LabelFault.Malformed, "marking*1=a")]
    [InlineData(LabelFault.Malformed, "marking*00=a")]
    [InlineData(LabelFault.Malformed, "marking*0=a; marking*1*=b")]
    [InlineData(LabelFault.Duplicate, "marking=a; Marking=b")]
    [InlineData(LabelFault.Duplicate, "marking*0=a; marking=b")]
    [InlineData(LabelFault.Duplicate, "marking=a; marking*=utf-8''b")]
    [InlineData(LabelFault.Duplicate, "marking*0=a; marking*0=b")]
    [InlineData(LabelFault.Malformed, "fgcolor=red")]
    [InlineData(LabelFault.Malformed, "marking=a; fgcolor=pink")]
    [InlineData(LabelFault.Malformed, "marking=a; fgcolor=\"#12345g\"")]
    [InlineData(LabelFault.Malformed, "marking=a; type=\":ess\"")]
    [InlineData(LabelFault.Malformed, "marking=a; label=\"MQYGASkCAQM=\"")]
    [InlineData(LabelFault.Malformed, "type=\"ess\"; label=\"MQYGASkCAQM=\"")]
    [InlineData(LabelFault.Malformed, "type=:ess; label=\"MQYGASkCAQM=\"")]
    [InlineData(LabelFault.Malformed, "type=\":ess\"; label=\"MQYGASkCAQM\"")]
    [InlineData(LabelFault.Malformed, "type=\":ess\"; label=\"MQYGASkCAQN=\"")]
    [InlineData(LabelFault.Malformed, "type=\":ess\"; label=\"MQ*=\"")]
    public void Refuses_what_RFC_7444_does_not_allow(LabelFault fault, string body) => Assert.Equal(fault, Assert.Throws<LabelRefusedException>(() => SioLabel.Parse(body)).Fault);

    [Fact]
    public void Says_where_a_field_goes_wrong() => Assert.Equal(13, Assert.Throws<LabelRefusedException>(() => SioLabel.Parse("marking=a; b x=1")).Position);

    [Fact]
    public void Refuses_a_field_without_end() => Assert.Equal(LabelFault.TooLarge, Assert.Throws<LabelRefusedException>(() => SioLabel.Parse(new string('a', 1_000_000))).Fault);

    [Theory]
    [InlineData("#FF0000", "#ff0000")]
    [InlineData("fuschia", "fuschia")]
    [InlineData("Fuchsia", "fuchsia")]
    public void Takes_colours_of_the_standard(string colour, string expected) => Assert.Equal(expected, SioLabel.Parse($"marking=a; fgcolor={colour}").Foreground);

    [Fact]
    public void Tells_of_labels_in_other_forms_without_reading_them()
    {
        var label = SioLabel.Parse("type=\"https://example.com/label\"; label=\"AQID\"");
        Assert.Null(label.Decode(PolicySet.Empty));
        Assert.Equal((byte[])[1, 2, 3], label.LabelOctets.ToArray());
    }

    [Fact]
    public void Refuses_to_write_a_line_end_into_a_header()
    {
        Assert.Throws<LabelRefusedException>(() => new SioLabel("a\r\nBcc: b").Format());
        Assert.Throws<LabelRefusedException>(() => new SioLabel("\ud800").Format());
    }

    [Fact]
    public void Gives_back_every_label_in_lines_of_78()
    {
        foreach (var label in GeneratedLabels.All())
        {
            foreach (var sio in new[] { SioLabel.Of(label, label.PrivacyMark, label.PrivacyMark is null ? null : "#0a0b0c"), new SioLabel(label.PrivacyMark is { } mark ? mark + mark : "X", "urn:x:y", EssLabel.Encode(label)) })
            {
                var body = sio.Format();
                Assert.Equal(sio, SioLabel.Parse(body));
                Assert.Equal(sio, SioLabel.Parse(body.Replace("\r\n", "", StringComparison.Ordinal)));
                Assert.All($"SIO-Label: {body}".Split("\r\n"), line => Assert.InRange(line.Length, 1, 78));
                Assert.True(Ascii.IsValid(body));
            }

            Assert.Equal(label, SioLabel.Parse(SioLabel.Of(label).Format()).Decode(PolicySet.Empty));
        }
    }

    [Fact]
    public void Answers_to_any_text_with_a_field_or_a_refusal()
    {
        var random = new Random(2231);
        const string Pieces = "\"'*;=%\\() \t\r\n0129aé\0\ud83d";
        string[] sound = [.. GeneratedLabels.All().Select(l => SioLabel.Of(l, l.PrivacyMark).Format())];
        for (var round = 0; round < 40_000; round++)
        {
            var mutant = new StringBuilder(sound[round % sound.Length]);
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                var at = random.Next(mutant.Length);
                if (random.Next(2) is 0) mutant[at] = Pieces[random.Next(Pieces.Length)];
                else mutant.Insert(at, Pieces[random.Next(Pieces.Length)]);
            }

            try
            {
                var label = SioLabel.Parse(mutant.ToString());
                Assert.True(label.Marking is null || !label.Marking.Any(c => c is '\r' or '\n' or '\0'));
                label.Decode(PolicySet.Empty);
            }
            catch (LabelRefusedException refusal)
            {
                Assert.InRange(refusal.Position, -1, mutant.Length);
            }
        }
    }

    [RequiresFact("python3")]
    public void Python_reads_what_is_written()
    {
        const string Program = """
            import sys, email, email.utils, email.policy
            for text in sys.stdin.buffer.read().split(b'\0'):
                message = email.message_from_bytes(b'X-Field: x; ' + text + b'\r\n\r\n')
                for name in ('marking', 'type', 'label'):
                    value = message.get_param(name, header='X-Field')
                    print(ascii('' if value is None else email.utils.collapse_rfc2231_value(value)).replace('\\\\', '\\'))
            """;
        SioLabel[] labels = [.. GeneratedLabels.All().Where(l => l.PrivacyMark?.Contains('"', StringComparison.Ordinal) is not true).Select(l => SioLabel.Of(l, l.PrivacyMark ?? "UNCLASSIFIED"))];
        var start = new ProcessStartInfo(Requirement.Find("python3")!, ["-c", Program]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var reading = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(string.Join('\0', labels.Select(l => l.Format())));
        process.StandardInput.Close();
        var lines = reading.GetAwaiter().GetResult().Split('\n');
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        for (var i = 0; i < labels.Length; i++)
        {
            Assert.Equal($"'{Escaped(labels[i].Marking!)}'", lines[i * 3]);
            Assert.Equal($"'{labels[i].Type}'", lines[(i * 3) + 1]);
            Assert.Equal($"'{Convert.ToBase64String(labels[i].LabelOctets.Span)}'", lines[(i * 3) + 2]);
        }

        output.WriteLine($"{labels.Length} labels read");

        static string Escaped(string text) => string.Concat(text.EnumerateRunes().Select(r => r.Value switch { < 0x80 => r.ToString(), < 0x100 => $"\\x{r.Value:x2}", < 0x10000 => $"\\u{r.Value:x4}", _ => $"\\U{r.Value:x8}" }));
    }

    [Fact]
    public void Reads_the_fields_of_the_standard()
    {
        foreach (var (name, type) in new[] { ("rfc7444-ess.hdr", ":ess"), ("rfc7444-extended.hdr", ":ess"), ("rfc7444-x411.hdr", ":x411"), ("rfc7444-xml.hdr", ":xml") })
        {
            if (SharedVectors.File("mmhs/" + name, output) is not { } octets) return;
            var label = SioLabel.Parse(Assert.Single(Fields(octets)));
            Assert.Equal(("EXAMPLE CONFIDENTIAL", "black", "red", type), (label.Marking, label.Foreground, label.Background, label.Type));
            if (type is ":xml") Assert.StartsWith("<SecLabel xmlns=\"http://example.com/sec-label/0\">", Encoding.UTF8.GetString(label.LabelOctets.Span), StringComparison.Ordinal);
            else Assert.Equal(new SecurityLabel { Policy = "1.1", Classification = 3 }, label.Decode(PolicySet.Empty));
        }
    }

    [Fact]
    [Trait("Feature", "H-03")]
    public void Reads_the_history_of_the_standard()
    {
        if (SharedVectors.File("mmhs/rfc7444-history.hdr", output) is not { } octets) return;
        SioLabelHistory[] history = [.. Fields(octets).Select(SioLabelHistory.Parse)];
        Assert.Equal([SioLabelChange.Delete, SioLabelChange.Replace, SioLabelChange.Add], history.Select(h => h.Change));
        Assert.Equal(":xml", history[0].Before!.Type);
        Assert.Null(history[0].After);
        Assert.Equal(Example, history[1].Before);
        Assert.Equal(history[0].Before, history[1].After);
        Assert.Equal(Example, history[2].After);
        Assert.Equal(new DateTimeOffset(2013, 2, 18, 9, 24, 0, TimeSpan.FromHours(-7)), history[0].ChangedAt);
        Assert.Equal(("modify.example.net", "replaced with XML variant"), (history[1].ChangedBy, history[1].Comment));
    }

    private static IEnumerable<string> Fields(byte[] octets) => Encoding.ASCII.GetString(octets).Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n').Replace("\n", "\r\n", StringComparison.Ordinal)
        .Split("SIO-Label", StringSplitOptions.RemoveEmptyEntries).Select(f => f[(f.IndexOf(':', StringComparison.Ordinal) + 1)..].TrimEnd());
}
