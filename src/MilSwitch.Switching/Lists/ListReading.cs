using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Mime;
using MilSwitch.Switching.Boundaries;

namespace MilSwitch.Switching.Lists;

/// <summary>Reads what a list or a profiler has to know of a message. Pure.</summary>
internal static class ListReading
{
    /// <param name="stored">The message.</param>
    /// <param name="lineage">Where it comes from.</param>
    /// <param name="content">As it came.</param>
    /// <param name="opened">Without its protection; null: the list does not open.</param>
    /// <param name="configuration">In force.</param>
    public static ListSubject Of(StoredMessage stored, ListLineage lineage, ReadOnlyMemory<byte> content, OpenedMessage? opened, SwitchConfiguration configuration)
    {
        var came = Scan(content, configuration);
        var header = opened is { Fault: null } ? Scan(opened.Content, configuration) : came;
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
            // Those of other switches, which anybody can write: it gets his message held and nothing else.
            Before = [.. lineage.Lists, .. Fields(came).Where(f => f.Name.Equals(ListCopies.Mark, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value).Take(MailingList.MostInHistory)],
            Unreadable = Unreadable(header, military, lineage),
            Hidden = opened is { Fault: null, Encryption: EncryptionState.Opened } ? Hidden(came, header) : [],
            LabelFault = opened is null ? null : LabelFault(opened, stored.Envelope.Label, configuration),
            Instructions = military.Fields.MessageInstructions,
            Exempted = [.. military.Fields.ExemptedAddresses.Select(a => a.Mailbox)],
        };
    }

    /// <summary>By which label the copies are handled.</summary>
    /// <param name="envelope">That of the message that came, before it was opened; null: none.</param>
    /// <param name="opened">As above; its labels have no fault.</param>
    /// <param name="configuration">In force; without policies nothing is handled by a label.</param>
    public static MessageLabel? LabelOf(MessageLabel? envelope, OpenedMessage? opened, SwitchConfiguration configuration) =>
        envelope ?? (configuration.LabelCatalogue is not null && opened is { Encryption: EncryptionState.Opened, Labels: [var inside, ..] } ? new MessageLabel(inside.Encoded) : null);

    private static HeaderBlock Scan(ReadOnlyMemory<byte> message, SwitchConfiguration configuration) =>
        HeaderBlock.Scan(message, configuration.Content.MaximumHeaderOctets, configuration.Content.MaximumHeaderFields);

    // Whom it must not reach may stand where nobody can read.
    private static string? Unreadable(HeaderBlock header, MmhsReading military, ListLineage lineage)
    {
        if (lineage.IsTooLong) return "it went through too many lists and boundaries";
        if (!header.IsClosed) return "its header can't be read to its end";
        return military.Faults.Where(f => f.Field is MmhsField.ExemptedAddress or MmhsField.MessageInstructions).Select(f => f.ToString()).FirstOrDefault();
    }

    // Listeners judged what they could see. What was encrypted has labels that nobody here has seen before: members are judged by
    // one label, and the list's signature bears it (RFC 2634 §4.2).
    private static string? LabelFault(OpenedMessage opened, MessageLabel? envelope, SwitchConfiguration configuration)
    {
        try
        {
            foreach (var label in opened.Labels) EssLabel.Read(label.Encoded);
        }
        catch (LabelRefusedException fault)
        {
            return "a label inside can't be read: " + fault.Message;
        }

        if (configuration.LabelCatalogue is null || opened.Encryption is not EncryptionState.Opened) return null;
        var all = opened.Labels.Select(l => new MessageLabel(l.Encoded)).Concat(envelope is null ? [] : [envelope]).Distinct().Take(2).Count();
        if (all > 1) return "it has different labels";
        return opened.Labels.All(l => l.IsBelieved) ? null : "nobody who is believed vouches for a label inside";
    }

    private static ImmutableArray<string> Hidden(HeaderBlock came, HeaderBlock inside)
    {
        var outside = Fields(came).ToHashSet();
        return [.. Fields(inside).Where(f => !outside.Contains(f)).Select(f => f.Name).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    // The structure of a message is another one when it is opened.
    private static IEnumerable<(string Name, string Value)> Fields(HeaderBlock header)
    {
        foreach (var field in header)
        {
            var name = Encoding.ASCII.GetString(field.Name.Span).ToLowerInvariant();
            if (name is "mime-version" || name.StartsWith("content-", StringComparison.Ordinal)) continue;
            yield return (name, string.Join(' ', Encoding.UTF8.GetString(field.RawValue.Span).Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)));
        }
    }
}
