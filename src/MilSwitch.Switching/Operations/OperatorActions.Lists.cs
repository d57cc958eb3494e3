using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Lists;

namespace MilSwitch.Switching.Operations;

internal sealed partial class OperatorActions
{
    public ValueTask<IReadOnlyList<ListState>> ListsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ListState>>([.. runtime.Configuration.Lists.Lists.OrderBy(l => l.Address.Text, StringComparer.Ordinal).Select(l => new ListState(l))]);

    public async ValueTask<ListState?> ListAsync(Mailbox address, CancellationToken cancellationToken)
    {
        if (runtime.Configuration.Lists.Anywhere(address) is not { } list) return null;
        if (!list.AsksDirectory) return new ListState(list);
        if (runtime.ListMembers is not { } directory) return new ListState(list, Fault: "nothing in this node asks directories");
        return await directory.OfAsync(list, cancellationToken).ConfigureAwait(false) switch
        {
            ListMembersAnswer.Known known => new ListState(list.With(known.Members), known.At, known.Unusable),
            ListMembersAnswer.Unavailable away => new ListState(list, Fault: away.Reason),
            _ => throw new InvalidOperationException("An unknown answer."),
        };
    }
}
