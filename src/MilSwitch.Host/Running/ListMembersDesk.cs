using System.Collections.Frozen;
using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Lists;
using MilSwitch.Host.Configuration;
using MilSwitch.Lookup.Lists;

namespace MilSwitch.Host.Running;

/// <summary>Asks directories for members of mailing lists. A reload replaces them all, and what they kept. Thread-safe.</summary>
public sealed class ListMembersDesk : IListMembers
{
    private readonly TimeProvider time;
    private volatile FrozenDictionary<(string Domain, Mailbox Address), DirectoryMembers> directories = FrozenDictionary<(string Domain, Mailbox Address), DirectoryMembers>.Empty;

    /// <param name="settings">Of each list that asks a directory.</param>
    /// <param name="time">The clock.</param>
    public ListMembersDesk(ImmutableArray<ListDirectory> settings, TimeProvider time)
    {
        this.time = time;
        Use(settings);
    }

    /// <summary>Another configuration has other directories. Questions under way end with what they began with.</summary>
    public void Use(ImmutableArray<ListDirectory> settings) => directories = settings.ToFrozenDictionary(s => (s.Domain ?? "", s.Address), s => new DirectoryMembers(s.Settings, time));

    public ValueTask<ListMembersAnswer> OfAsync(MailingList list, CancellationToken cancellationToken) => directories.TryGetValue((list.Domain ?? "", list.Address), out var directory)
        ? directory.AskAsync(cancellationToken)
        : ValueTask.FromResult<ListMembersAnswer>(new ListMembersAnswer.Unavailable("no directory is asked for its members now"));
}
