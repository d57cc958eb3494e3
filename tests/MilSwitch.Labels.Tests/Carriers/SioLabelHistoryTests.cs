using System.Text;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Labels.Tests.Carriers;

[Trait("Feature", "H-03")]
public sealed class SioLabelHistoryTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.FromMinutes(-150));

    [Fact]
    public void Gives_back_every_change()
    {
        var random = new Random(5322);
        SioLabel? before = null;
        foreach (var label in GeneratedLabels.All())
        {
            var after = SioLabel.Of(label, label.PrivacyMark);
            var at = At.AddSeconds(random.Next()).ToOffset(TimeSpan.FromMinutes(random.Next(-720, 720)));
            foreach (var entry in new[]
            {
                new SioLabelHistory(SioLabelChange.Add, "gw.example.com", at, null, after), new SioLabelHistory(SioLabelChange.Replace, "gw.example.com", at, before, after, "Übersetzt \"so\""),
                new SioLabelHistory(SioLabelChange.Delete, "gw.example.com", at, before),
            })
            {
                var body = entry.Format();
                Assert.Equal(entry, SioLabelHistory.Parse(body));
                Assert.All($"SIO-Label-History: {body}".Split("\r\n"), line => Assert.InRange(line.Length, 1, 78));
            }

            before = after;
        }
    }

    [Theory]
    [InlineData("changed-by=a; changed-at=\"4 Mar 2026 05:06:07 +0000\"")]
    [InlineData("change=move; changed-by=a; changed-at=\"4 Mar 2026 05:06:07 +0000\"")]
    [InlineData("change=add; changed-at=\"4 Mar 2026 05:06:07 +0000\"")]
    [InlineData("change=add; changed-by=a")]
    [InlineData("change=add; changed-by=a; changed-at=\"30 Feb 2026 05:06:07 +0000\"")]
    [InlineData("change=add; changed-by=a; changed-at=\"Mon, 4 Mar 2026 05:06:07 +0000\"")]
    [InlineData("change=add; changed-by=a; changed-at=\"4 Mar 2026 25:06:07 +0000\"")]
    [InlineData("change=add; changed-by=a; changed-at=\"4 Mar 2026 05:06:07 +9900\"")]
    [InlineData("change=add; changed-by=a; changed-at=\"2026-03-04T05:06:07Z\"")]
    [InlineData("change=add; changed-by=a; changed-at=\"4 Mar 2026 05:06:07 +0000\"; marking=x")]
    [InlineData("change=delete; changed-by=a; changed-at=\"4 Mar 2026 05:06:07 +0000\"; new-marking=x")]
    [InlineData("change=delete; changed-by=a; changed-at=\"4 Mar 2026 05:06:07 +0000\"; type=\":ess\"")]
    [InlineData("change=add; change=add; changed-by=a; changed-at=\"4 Mar 2026 05:06:07 +0000\"")]
    public void Refuses_what_RFC_7444_does_not_allow(string body) => Assert.Throws<LabelRefusedException>(() => SioLabelHistory.Parse(body));

    [Theory]
    [InlineData("Wed, 04 Mar 2026 05:06:07 -0230")]
    [InlineData("Wed,4 Mar 2026 05:06:07 -0230")]
    [InlineData("4 Mar 2026 5:06:07 -0230")]
    public void Reads_times_as_mail_has_them(string time) => Assert.Equal(At, SioLabelHistory.Parse($"change=add; changed-by=a; changed-at=\"{time}\"").ChangedAt);

    [Fact]
    public void Takes_a_zone_that_nobody_knows_for_universal_time() => Assert.Equal(TimeSpan.Zero, SioLabelHistory.Parse("change=add; changed-by=a; changed-at=\"4 Mar 2026 05:06 XYZT\"").ChangedAt.Offset);

    [Fact]
    public void Answers_to_any_text_with_a_change_or_a_refusal()
    {
        var random = new Random(7444);
        const string Pieces = "\"'*;=%\\() \t\r\n0129aé\0\ud83d";
        var before = SioLabel.Of(new SecurityLabel { Policy = "1.2.3", Classification = 1 }, "ÖFFENTLICH");
        string[] sound = [.. GeneratedLabels.All().Take(60).Select(l => new SioLabelHistory(SioLabelChange.Replace, "gw.example.com", At, before, SioLabel.Of(l, l.PrivacyMark), "why").Format())];
        for (var round = 0; round < 20_000; round++)
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
                Assert.DoesNotContain(SioLabelHistory.Parse(mutant.ToString()).ChangedBy, c => c is '\r' or '\n' or '\0');
            }
            catch (LabelRefusedException refusal)
            {
                Assert.InRange(refusal.Position, -1, mutant.Length);
            }
        }
    }

    [Fact]
    public void Refuses_to_write_a_line_end_into_a_header() => Assert.Throws<LabelRefusedException>(() => new SioLabelHistory(SioLabelChange.Add, "a\r\nBcc: b", At).Format());
}
