namespace MilSwitch.Domain.Lists;

/// <summary>Asks who the members of lists are that a directory knows. Thread-safe.</summary>
public interface IListMembers
{
    /// <summary>The members of a list now, or a little while ago.</summary>
    /// <param name="list">One with <see cref="MailingList.AsksDirectory"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ListMembersAnswer> OfAsync(MailingList list, CancellationToken cancellationToken);
}
