using System.Collections.Immutable;
using MilSwitch.Mime;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Inspection;

/// <summary>Whom a message shows as its sender: every mailbox of every From field, and of Sender.</summary>
/// <param name="From">None when a From field can't be read to the letter: then nobody knows who it is.</param>
/// <param name="Sender">Null when there is not exactly one.</param>
internal sealed record SenderFields(ImmutableArray<MailParty> From, MailParty? Sender)
{
    /// <summary>Of the protected header where it has the field, else of the outer one.</summary>
    public static SenderFields Read(MimeEntity message, ProtectedHeaders headers)
    {
        return new SenderFields(Parties("From"), Parties("Sender") is [var only] ? only : null);

        ImmutableArray<MailParty> Parties(string name)
        {
            var values = headers.Fields.Where(f => f.Protected is not null && f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Protected!).ToArray();
            if (values.Length is 0) values = [.. message.Fields.Where(f => f.IsNamed(name)).Select(f => f.Value)];
            var all = ImmutableArray.CreateBuilder<MailParty>();
            foreach (var value in values)
            {
                if (!TryRead(value, out var parties)) return [];
                all.AddRange(parties);
            }

            return all.ToImmutable();
        }
    }

    // Two readers that have to agree on how many mailboxes there are: the strict one for the addresses, a mail library's for the names
    // that a client would show.
    private static bool TryRead(string value, out ImmutableArray<MailParty> parties)
    {
        parties = [];
        if (!MailboxList.TryRead(value, out var mailboxes) || DisplayNames.Read(value) is not { } names || names.Count != mailboxes.Length) return false;
        parties = [.. mailboxes.Zip(names, (m, n) => new MailParty(m.Text, n))];
        return true;
    }
}
