using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Smtp.Tests.Tracking;

[Trait("Feature", "A-15")]
public sealed class TrackingStatusReaderTests
{
    [Property(MaxTest = 300)]
    public Property Reads_what_was_written() => Prop.ForAll(Statuses().ToArbitrary(), statuses =>
    {
        Assert.True(TrackingStatusReader.TryRead([.. TrackingStatusWriter.Lines(statuses)], out var read));
        Assert.Equal(statuses.Length, read.Length);
        for (var i = 0; i < read.Length; i++)
        {
            Assert.Equal(statuses[i] with { Recipients = [] }, read[i] with { Recipients = [] });
            Assert.Equal(statuses[i].Recipients.AsEnumerable(), read[i].Recipients.AsEnumerable());
        }
    });

    [Property(MaxTest = 1000)]
    public Property Never_throws_for_mutated_answers() => Prop.ForAll(
        (from statuses in Statuses() from line in Gen.Choose(0, 1000) from text in Gen.Elements("", " ", ":", "--milswitch-tracking-status", "--milswitch-tracking-status--", "Action:", "Status: 9", "Final-Recipient: ;", "Arrival-Date: x", ". .", "\t") from drop in Gen.Choose(0, 3)
         select (statuses, line, text, drop)).ToArbitrary(),
        m =>
        {
            var lines = TrackingStatusWriter.Lines(m.statuses).ToList();
            var at = m.line % lines.Count;
            lines.RemoveRange(at, Math.Min(m.drop, lines.Count - at));
            lines.Insert(Math.Min(at, lines.Count), m.text);
            if (TrackingStatusReader.TryRead(lines, out var found)) Assert.All(found, f => Assert.NotEmpty(f.Recipients));
        });

    [Property(MaxTest = 500)]
    public void Never_throws_on_any_lines(string[] lines) => TrackingStatusReader.TryRead([.. lines.Select(l => l ?? "")], out _);

    /// <summary>§4.1, with its own ways to write things: a boundary of percent signs, a day of one digit, no space behind a colon, a field without one.</summary>
    [Fact]
    public void Reads_the_examples_of_the_RFC()
    {
        var found = Read("""
            Content-Type: multipart/related; boundary=%%%%; type=tracking-status

            --%%%%
            Content-Type: message/tracking-status

            Original-Envelope-Id: 12345-20010101@example.com
            Reporting-MTA: dns; example2.com
            Arrival-Date: Mon,  1 Jan 2001 15:15:15 -0500

            Original-Recipient: rfc822; user1@example1.com
            Final-Recipient: rfc822; user1@example1.com
            Action: transferred
            Remote-MTA: dns; example3.com
            Last-Attempt-Date: Mon, 1 Jan 2001 19:15:03 -0500
            Status:2.4.0

            Original-Recipient: rfc822; user2@example1.com
            Final-Recipient: rfc822; user4@example3.com
            Action: failed
            Status 5.2.2 (Mailbox full)
            Remote-MTA: dns; example3.com

            --%%%%
            Content-Type: message/tracking-status

            Original-Envelope-Id: 12345-20010101@example.com
            Reporting-MTA: dns; smtp.example3.com
            Arrival-Date: Mon,  1 Jan 2001 15:15:15 -0500

            Original-Recipient: rfc822; user2@example1.com
            Final-Recipient: rfc822; user4@example3.com
            Action: delayed
            Status: 4.4.1 (No answer from host)
            Will-Retry-Until: Thu, 4 Jan 2001 15:15:15 -0500

            --%%%%--
            """);
        Assert.Equal(["example2.com", "smtp.example3.com"], found.Select(f => f.ReportingMta));
        Assert.Equal(new DateTimeOffset(2001, 1, 1, 15, 15, 15, TimeSpan.FromHours(-5)), found[0].ArrivedAt);
        var first = found[0].Recipients[0];
        Assert.Equal((TrackingAction.Transferred, "2.4.0", "example3.com", new DateTimeOffset(2001, 1, 1, 19, 15, 3, TimeSpan.FromHours(-5))), (first.Action, first.Status.ToString(), first.RemoteMta, first.LastAttempt!.Value));
        Assert.Equal((TrackingAction.Failed, "user4@example3.com", "user2@example1.com"), (found[0].Recipients[1].Action, found[0].Recipients[1].Final.Address, found[0].Recipients[1].Original.Address));
        Assert.Equal(("4.4.1", new DateTimeOffset(2001, 1, 4, 20, 15, 15, TimeSpan.Zero)), (found[1].Recipients[0].Status.ToString(), found[1].Recipients[0].WillRetryUntil!.Value));
    }

    [Theory]
    [InlineData("Content-Type: text/plain\n\nAction: delayed")]
    [InlineData("Content-Type: multipart/related\n\n--x\n")]
    [InlineData("Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/plain\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; b\nAction: delayed\n\n--x--")]
    [InlineData("Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: message/tracking-status\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; b\nAction: 1\n\n--x--")]
    [InlineData("")]
    public void An_answer_without_a_recipient_is_none(string text) => Assert.False(TrackingStatusReader.TryRead(text.Split('\n'), out _));

    private static ImmutableArray<TrackingStatus> Read(string text)
    {
        Assert.True(TrackingStatusReader.TryRead(text.ReplaceLineEndings("\n").Split('\n'), out var found));
        return found;
    }

    private static Gen<ImmutableArray<TrackingStatus>> Statuses()
    {
        var time = Gen.Choose(0, int.MaxValue).Select(s => DateTimeOffset.UnixEpoch.AddSeconds(s));
        var optional = Gen.OneOf(Gen.Constant<DateTimeOffset?>(null), time.Select(t => (DateTimeOffset?)t));
        var address = Gen.Elements(
            new OriginalRecipient("rfc822", "a@b.example"), new OriginalRecipient("utf-8", "ü@bücher.example"), new OriginalRecipient("x400", "/G=a/S=b;c/"), new OriginalRecipient("rfc822", "\"quo ted\"@x.example"));
        var recipient = from original in address
                        from final in address
                        from action in Gen.Choose(0, 6)
                        from detail in Gen.Choose(0, 999)
                        from mta in Gen.Elements(null, "hop.example", "2001:db8::1")
                        from attempt in optional
                        from until in optional
                        select new TrackedRecipient(original, final, (TrackingAction)action, new EnhancedStatusCode(4, 1, (short)detail)) { RemoteMta = mta, LastAttempt = attempt, WillRetryUntil = until };
        var status = from id in Gen.Elements("a@b", "x y@z", "1+2=3@host")
                     from arrived in time
                     from count in Gen.Choose(1, 4)
                     from recipients in Gen.ArrayOf(recipient, count)
                     select new TrackingStatus(id, "switch.example", arrived, [.. recipients]);
        return from count in Gen.Choose(1, 3) from all in Gen.ArrayOf(status, count) select all.ToImmutableArray();
    }
}
