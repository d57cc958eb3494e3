using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Dashboard.Tests;

public sealed class TracerReportTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly MessageId Id = MessageId.Create(3, 1, 7), CopyId = MessageId.Create(3, 2, 8);

    [Fact]
    public void Names_the_nodes_the_copy_in_the_other_domain_and_what_those_beyond_said()
    {
        var message = Message(Id, "red", "mta") with { Recipients = [new StoredRecipient(RecipientState.Crossed, 1, null, null, null, false)] };
        var copy = Message(CopyId, "blue", "boundary:red-to-blue") with { Parent = Id, Recipients = [new StoredRecipient(RecipientState.Delivered, 1, null, null, "mx.blue.test:25", false)] };
        NodeIdentity one = new("n1", 3), two = new("n2", 5);
        var detail = new MessageDetail(message, [], [new AuditEvent(Noon, AuditKind.Accepted, Id), new AuditEvent(Noon.AddSeconds(9), AuditKind.Crossed, Id, 0, $"red-to-blue: {CopyId}")], [CopyId]) { Recorders = [one, two] };
        var text = TracerReport.Of(detail, [copy], null, "n1", Noon.AddMinutes(1));
        Assert.Contains($"\nWENT ON AS {CopyId} OF DOMAIN blue BY boundary:red-to-blue FOR b@x.test\n", text, StringComparison.Ordinal);
        Assert.Contains("\nNODE n1#3: accepted, 2030-01-01 12:00:00Z TO 2030-01-01 12:00:00Z\nNODE n2#5: owned, took-over, 2030-01-01 12:00:09Z TO ", text, StringComparison.Ordinal);
        Assert.Contains("\n2030-01-01 12:00:09Z  n2#5     crossed      b@x.test  red-to-blue: ", text, StringComparison.Ordinal);
        Assert.EndsWith("\nBEYOND THIS SWITCH: nobody can be asked, it came without MTRK\n", text, StringComparison.Ordinal);

        var onward = new OnwardAnswer(null,
        [
            new OnwardHost("mx.blue.test", "mx.blue.test:1038", OnwardOutcome.Found, "+OK+", true,
            [
                new TrackingStatus("7@x.test", "mx.blue.test\r\nFORGED", Noon,
                    [new TrackedRecipient(new OriginalRecipient("rfc822", "b@x.test"), new OriginalRecipient("rfc822", "b@x.test"), TrackingAction.Delayed, new(4, 0, 0))]),
            ]),
            OnwardHost.NotAsked("other.test", "no server"),
        ]);
        text = TracerReport.Of(new MessageDetail(copy, [], [], []) { Owner = one }, [message], onward, "n1", Noon.AddMinutes(1));
        Assert.Contains($"\nMADE FROM {Id} OF DOMAIN red BY boundary:red-to-blue\n", text, StringComparison.Ordinal);
        Assert.Contains("\nOWNED NOW BY NODE n1#3\n", text, StringComparison.Ordinal);
        Assert.EndsWith(
            "\nHOST mx.blue.test ASKED AT mx.blue.test:1038 (TLS): found\n  mx.blue.test\u2423\u2423FORGED HAS IT SINCE 2030-01-01 12:00:00Z\n    TO b@x.test: DELAYED 4.0.0\nHOST other.test: not-asked, no server\n", text, StringComparison.Ordinal);
    }

    private static StoredMessage Message(MessageId id, string domain, string listener) => new(
        id,
        new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("a@x.test")), Recipients = [new Recipient(Mailbox.Parse("b@x.test"))], ArrivedAt = Noon, Origin = new Origin { Listener = listener, ClientAddress = "192.0.2.1" }, Domain = domain,
        },
        default, MessageState.Done, 10, new byte[] { 1 }) { Recipients = [] };
}
