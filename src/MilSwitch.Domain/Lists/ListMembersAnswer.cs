using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Lists;

/// <summary>What a directory said of a list's members. Immutable.</summary>
public abstract record ListMembersAnswer
{
    private ListMembersAnswer()
    {
    }

    /// <param name="Members">Those of the directory, perhaps none.</param>
    /// <param name="Unusable">Values that are no mail addresses.</param>
    /// <param name="At">When it was asked.</param>
    public sealed record Known(ImmutableArray<Mailbox> Members, int Unusable, DateTimeOffset At) : ListMembersAnswer;

    /// <summary>Nobody can be served now: whom the directory left out since is not known.</summary>
    /// <param name="Reason">For an operator.</param>
    public sealed record Unavailable(string Reason) : ListMembersAnswer;
}
