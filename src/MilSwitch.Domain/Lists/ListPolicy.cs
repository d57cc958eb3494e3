using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Military;

namespace MilSwitch.Domain.Lists;

/// <summary>Decides what a mailing list does; pure.</summary>
public static class ListPolicy
{
    /// <summary>Members to whom one copy is addressed that is the same for all.</summary>
    public const int MembersOfOneForAll = 1_000;

    /// <summary>May the members get it?</summary>
    public static ListDecision Judge(MailingList list, ListSubject subject)
    {
        if (Stop(list, subject) is { } stop) return new ListDecision.Hold(stop);
        if (subject.Opened is { } opened && Protected(list, subject, opened) is { } fault) return new ListDecision.Hold(fault);
        if (subject.Unreadable is { } unreadable) return new ListDecision.Hold(unreadable);
        if (subject.Instructions.Contains(MmhsInstructions.NoDistribution, StringComparer.OrdinalIgnoreCase)) return new ListDecision.Hold($"MMHS-Message-Instructions: {MmhsInstructions.NoDistribution}");
        if (list.Posters is not { } posters) return ListDecision.Distribute.It;
        if (subject.Authors.IsEmpty) return new ListDecision.Refuse("its author can't be told");
        if (list.Proof is ListProof.Required && !subject.IsVouchedFor && !IsSigned(subject)) return new ListDecision.Refuse("neither a good signature nor an account vouches for its author");
        return subject.Authors.All(a => posters.Contains(a) || (list.MembersMayPost && list.Members.Contains(a))) ? ListDecision.Distribute.It : new ListDecision.Refuse("its author may not write to the list");
    }

    /// <summary>Why a message must not go on from an address whatever it says; null: it may.</summary>
    public static string? Stop(Distributor distributor, ListSubject subject)
    {
        if (subject.IsReport) return "a report is not distributed";
        // RFC 2634 §4.2: who finds itself in the history stops, and tells a person.
        return subject.Before.Contains(distributor.Address.Text, StringComparer.OrdinalIgnoreCase) ? $"it went through {distributor.Address.Text} before: a loop" : null;
    }

    /// <summary>Whom the originator exempted (RFC 6477 §3.1), by their addresses in any case.</summary>
    /// <remarks>Whoever may be meant gets nothing: the difference between cases of letters is known to the member's host only.</remarks>
    public static HashSet<string> Exempted(ImmutableArray<Mailbox> exempted) => exempted.Select(m => m.Text).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What one turn of a list's work is.</summary>
    /// <param name="list">The list.</param>
    /// <param name="exempted">RFC 6477 §3.1.</param>
    /// <param name="progress">What was done before.</param>
    /// <param name="index">The number of the list among the message's recipients.</param>
    public static ListTurn Turn(MailingList list, ImmutableArray<Mailbox> exempted, ExpansionProgress progress, int index)
    {
        var members = Next(list, exempted, progress.After.GetValueOrDefault(index, ""), list.IsMadeForMembers ? MailingList.MembersPerCopy : MembersOfOneForAll, progress.Only);
        return new ListTurn(members, members.IsEmpty || Next(list, exempted, members[^1].Text, 1, progress.Only).IsEmpty);
    }

    /// <summary>The members who get one copy: those after somebody, at most so many, without whom the originator exempted.</summary>
    /// <param name="list">The list.</param>
    /// <param name="exempted">RFC 6477 §3.1.</param>
    /// <param name="after">The last member of the copy before, as a canonical text; empty: this is the first copy.</param>
    /// <param name="most">At least 1.</param>
    /// <param name="only">Of those for whom it is; empty: all.</param>
    /// <returns>In the list's order; empty: nobody is left.</returns>
    public static ImmutableArray<Mailbox> Next(MailingList list, ImmutableArray<Mailbox> exempted, string after, int most, ImmutableArray<string> only = default)
    {
        var (without, among) = (Exempted(exempted), only.IsDefaultOrEmpty ? null : only.ToHashSet(StringComparer.Ordinal));
        var first = Place(list.Members, after);
        var next = ImmutableArray.CreateBuilder<Mailbox>();
        for (var i = first; i < list.Members.Length && next.Count < most; i++)
        {
            var member = list.Members[i];
            if (!without.Contains(member.Text) && among?.Contains(member.Text) is not false) next.Add(member);
        }

        return next.ToImmutable();
    }

    // The first behind somebody; they are in order.
    private static int Place(ImmutableArray<Mailbox> members, string after)
    {
        var (low, high) = (0, members.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(members[middle].Text, after) > 0) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    private static string? Protected(MailingList list, ListSubject subject, OpenedMessage opened) => opened switch
    {
        { Fault: { } fault } => fault,
        { Signature.State: SignatureState.Bad } => "its signature is not to be believed: " + opened.Signature.Reason,
        { Encryption: EncryptionState.ForOthers or EncryptionState.Kept } => "it is encrypted, and not for the list",
        { Encryption: EncryptionState.Closed } => "its encryption does not open",
        { Encryption: EncryptionState.Opened } when list.Encrypt is null => "it came encrypted, and the list does not encrypt",
        { Encryption: EncryptionState.Opened } when list.Encrypt is { HeaderPolicy: "none" } && !subject.Hidden.IsEmpty =>
            $"its encryption hides {string.Join(", ", subject.Hidden)}, and the list's would show that",
        { Encryption: EncryptionState.Opened } when subject.LabelFault is { } fault => fault,
        _ when opened.Differences.FirstOrDefault(d => d.Weight is DifferenceWeight.Blocking) is { Field: { } field } => $"the outer {field} is not the one that was protected",
        // Somebody else sends on what its author wrote to others (surreptitious forwarding, threat C10).
        { ProtectedRecipients: { IsDefault: false } named } when !Names(named, list.Address.Text) && !opened.Lists.Any(l => Names(named, l)) => "the protected header does not name the list",
        _ => null,
    };

    private static bool Names(ImmutableArray<string> named, string address) => named.Contains(address, StringComparer.OrdinalIgnoreCase);

    private static bool IsSigned(ListSubject subject) => subject.Opened is { Signature: { State: SignatureState.Good, Roles: not SignerRole.None } };
}
