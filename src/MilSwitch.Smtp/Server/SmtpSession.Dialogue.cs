using System.Text;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Smtp.Dialogues;

namespace MilSwitch.Smtp.Server;

// What an operator may see of the session while it is spoken.
public sealed partial class SmtpSession
{
    private const int LongestReplyLine = 2048;

    private long dialogue;
    private StringBuilder? said;

    // One read of a field while nobody looks.
    private bool IsSeen => services.Dialogues is { IsOn: true };

    private DialoguePeer Peer
    {
        get
        {
            if (dialogue is 0) dialogue = services.Dialogues!.NextSession();
            return new DialoguePeer(dialogue, settings.Name, address, null);
        }
    }

    private void SeeEvent(string text)
    {
        if (IsSeen) services.Dialogues!.Say(Peer, DialogueDirection.Event, text);
    }

    private void SeeCommand(ReadOnlySpan<byte> line)
    {
        if (!IsSeen) return;
        // Whatever is said while AUTH is under way is part of it.
        services.Dialogues!.Say(Peer, DialogueDirection.Client, mode is Mode.Sasl ? "(AUTH)" + DialogueText.Hidden(line.Length) : DialogueText.Command(line));
    }

    private void SeeContent(long octets)
    {
        if (IsSeen) services.Dialogues!.Say(Peer, DialogueDirection.Client, "(message)" + DialogueText.Hidden(octets));
    }

    // Replies are written in pieces; a line is told when it is whole.
    private void SeeReply(ReadOnlySpan<byte> octets)
    {
        if (!IsSeen)
        {
            said = null;
            return;
        }

        said ??= new StringBuilder();
        foreach (var octet in octets)
        {
            if (octet is not (byte)'\n')
            {
                if (said.Length < LongestReplyLine) said.Append((char)octet);
                continue;
            }

            var line = Encoding.Latin1.GetBytes(said.ToString().TrimEnd('\r'));
            said.Clear();
            services.Dialogues!.Say(Peer, DialogueDirection.Server, DialogueText.Reply(line));
        }
    }
}
