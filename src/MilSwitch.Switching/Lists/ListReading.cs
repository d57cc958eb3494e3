using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Mime;
using MilSwitch.Switching.Boundaries;

namespace MilSwitch.Switching.Lists;

/// <summary>Reads what a list has to know of a message. Pure.</summary>
internal static class ListReading
{
    /// <param name="stored">The message.</param>
    /// <param name="list">The list.</param>
    /// <param name="content">As it came.</param>
    /// <param name="opened">Without its protection; null: the list does not open.</param>
    /// <param name="configuration">In force.</param>
    public static ListSubject Of(StoredMessage stored, MailingList list, ReadOnlyMemory<byte> content, OpenedMessage? opened, SwitchConfiguration configuration)
    {
        var limits = configuration.Content;
        var header = HeaderBlock.Scan(opened is { Fault: null } ? opened.Content : content, limits.MaximumHeaderOctets, limits.MaximumHeaderFields);
        var military = MmhsReader.Read(header);
        var authors = MessageAuthors.Of(header, "From"u8);
        var known = ImmutableArray.CreateBuilder<Mailbox>(authors.Addresses.Length);
        foreach (var address in authors.AreClear ? authors.Addresses : [])
        {
            if (Mailbox.TryParse(address, allowUtf8: true, out var author, out _)) known.Add(author);
        }

        return new ListSubject
        {
            IsReport = stored.Envelope.ReversePath.IsNull,
            Opened = opened,
            Authors = known.Count == authors.Addresses.Length ? known.ToImmutable() : [],
            IsVouchedFor = stored.Envelope.Origin.AuthenticatedAs is { } account && configuration.AccountAddresses.TryGetValue(account, out var own) && authors.AreOf(own),
            Before = [.. ListMark.ReadAll(stored.Trace.Span).Select(m => m.List), .. Marks(header)],
            Unreadable = military.Faults.Where(f => f.Field is MmhsField.ExemptedAddress or MmhsField.MessageInstructions).Select(f => f.ToString()).FirstOrDefault() ?? LabelFault(opened),
            Instructions = military.Fields.MessageInstructions,
            Exempted = [.. military.Fields.ExemptedAddresses.Select(a => a.Mailbox)],
        };
    }

    // The list's signature repeats what the outermost one said, which it takes the place of (RFC 2634 §4.2.3).
    private static string? LabelFault(OpenedMessage? opened)
    {
        if (opened?.Labels.LastOrDefault(l => l.IsBelieved) is not { } label) return null;
        try
        {
            EssLabel.Read(label.Encoded);
            return null;
        }
        catch (LabelRefusedException fault)
        {
            return "its label can't be read: " + fault.Message;
        }
    }

    // Those of other switches: anybody can write them, which gets his message held and nothing else.
    private static IEnumerable<string> Marks(HeaderBlock header)
    {
        var read = 0;
        foreach (var field in header)
        {
            if (read >= ListMark.Most) break;
            if (!Ascii.EqualsIgnoreCase(field.Name.Span, "X-MilSwitch-Expanded"u8)) continue;
            read++;
            if (ListMark.Read(Encoding.UTF8.GetString(field.RawValue.Span).Trim()) is { } mark) yield return mark.List;
        }
    }
}
