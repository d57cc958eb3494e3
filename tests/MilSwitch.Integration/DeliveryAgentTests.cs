using System.Text;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>A real delivery agent behind LMTP (RFC 2033).</summary>
[Trait("Feature", "A-18")]
public sealed class DeliveryAgentTests : FieldTest
{
    [RequiresFact(DovecotInstance.Program, "dovecot", "doveadm", Requirement.Root)]
    public async Task Dovecot_answers_for_each_mailbox()
    {
        var sink = StartSink();
        var dovecot = Keep(await DovecotInstance.StartAsync(Workspace["dovecot"], ("known@mail.test", null), ("full@mail.test", 100)));
        var milswitch = await StartSwitchAsync(
            [new RouteSetup("mail.test", dovecot.NextHop) { Protocol = "lmtp" }, new RouteSetup("*", sink.NextHop)]);
        var content = Encoding.Latin1.GetBytes(
            "from: <a@client.test>\r\nTO:\t<known@mail.test> \r\nSubject: =?utf-8?q?Fl=C3=A4che?=\r\n\r\n.\r\n..\r\n \t\r\n\u00ff\u0080\r\n"
            + new string('x', 200) + "\r\n\r\n");

        // The first is taken, the second refused at RCPT, the third only behind the content.
        var stuffed = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(content).Replace("\r\n.", "\r\n..", StringComparison.Ordinal));
        await SubmitAsync(milswitch, stuffed, "BODY=8BITMIME", "a@client.test", "known@mail.test", "unknown@mail.test", "full@mail.test");

        await Eventually.ComesTrueAsync(() => dovecot.Delivered("known@mail.test").Count > 0, Soon, "the message is in the mailbox");
        var stored = Assert.Single(dovecot.Delivered("known@mail.test"));
        Assert.True(stored.AsSpan().EndsWith(content), "the content changed");
        Assert.StartsWith("Return-Path: <a@client.test>", Encoding.Latin1.GetString(stored), StringComparison.Ordinal);

        // One report or two: a recipient refused at RCPT may be settled before the others are.
        string[] failed = ["unknown@mail.test", "full@mail.test"];
        await Eventually.ComesTrueAsync(() => failed.All(f => Reports().Contains("rfc822;" + f, StringComparison.Ordinal)), Soon, "both failures are reported");
        Assert.Contains("Status: 5.1.1", Reports(), StringComparison.Ordinal);
        Assert.Contains("Status: 5.2.2", Reports(), StringComparison.Ordinal);
        Assert.DoesNotContain("rfc822;known@mail.test", Reports(), StringComparison.Ordinal);
        Assert.All(sink.Transactions, static t => Assert.StartsWith("MAIL FROM:<>", t.Mail, StringComparison.Ordinal));
        Assert.Empty(dovecot.Delivered("full@mail.test"));

        string Reports() => string.Concat(sink.Transactions.Select(Text)).Replace("rfc822; ", "rfc822;", StringComparison.Ordinal);
    }
}
