using System.Buffers.Text;
using System.Globalization;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Smtp.Dialogues;

namespace MilSwitch.Smtp.Client;

// What an operator may see of the connection while it is spoken.
public sealed partial class SmtpClientConnection
{
    private long dialogue;
    private bool inContent;
    private long contentWritten;

    private bool IsSeen => transport.Dialogues is { IsOn: true };

    private DialoguePeer Peer
    {
        get
        {
            if (dialogue is 0) dialogue = transport.Dialogues!.NextSession();
            return new DialoguePeer(dialogue, null, null, settings.Name.Configured.Value);
        }
    }

    private void SeeEvent(string text)
    {
        if (IsSeen) transport.Dialogues!.Say(Peer, DialogueDirection.Event, text);
    }

    // Between 354 and the final reply all is content; behind BDAT its octets are.
    private void See(ReadOnlySpan<byte> octets)
    {
        if (inContent)
        {
            contentWritten += octets.Length;
            return;
        }

        if (!IsSeen) return;
        while (!octets.IsEmpty)
        {
            var end = octets.IndexOf((byte)'\n');
            var line = (end < 0 ? octets : octets[..end]).TrimEnd((byte)'\r');
            octets = end < 0 ? default : octets[(end + 1)..];
            transport.Dialogues!.Say(Peer, DialogueDirection.Client, DialogueText.Command(line));
            if (!line.StartsWith("BDAT "u8) || !Utf8Parser.TryParse(line["BDAT ".Length..], out long length, out _)) continue;
            transport.Dialogues!.Say(Peer, DialogueDirection.Client, "(message)" + DialogueText.Hidden(length));
            octets = octets[(int)Math.Min(length, octets.Length)..];
        }
    }

    private void EndContent()
    {
        if (!inContent) return;
        inContent = false;
        if (IsSeen) transport.Dialogues!.Say(Peer, DialogueDirection.Client, "(message)" + DialogueText.Hidden(contentWritten));
    }

    private void SeeReply()
    {
        foreach (var line in replies.Lines())
            transport.Dialogues!.Say(Peer, DialogueDirection.Server, replies.Code.ToString(CultureInfo.InvariantCulture) + " " + DialogueText.Reply(line));
    }

    private async ValueTask ReadSeenReplyAsync(TimeSpan timeout)
    {
        if (!replies.TryNext())
        {
            Arm(timeout);
            await replies.NextAsync(deadline.Token);
        }

        SeeReply();
    }
}
