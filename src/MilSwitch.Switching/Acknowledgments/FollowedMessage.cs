using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Switching.Acknowledgments;

/// <summary>A message that is followed: its recipients as they are in memory, and what is not yet durable about them. One owner.</summary>
internal sealed class FollowedMessage(MessageId id, ImmutableArray<Acknowledgment> recipients)
{
    private readonly List<AcknowledgmentStep> untold = [];

    public MessageId Id => id;

    public ImmutableArray<Acknowledgment> Recipients { get; private set; } = recipients;

    /// <summary>The store has an older state, or none.</summary>
    public bool IsDirty { get; set; }

    /// <summary>When time is looked at next; null: never, as far as is known.</summary>
    public DateTimeOffset? ScheduledAt { get; set; }

    /// <summary>A write is under way.</summary>
    public bool IsBusy { get; set; }

    /// <summary>The copy to an action point can't be made: tried again at the next start only.</summary>
    public bool IsStuck { get; set; }

    public bool IsSettled => Recipients.All(r => r.SettledAt is not null);

    /// <summary>Whose copy to the action point is to be made; null: nobody's.</summary>
    public Acknowledgment? AlternateDue => IsStuck ? null : Recipients.FirstOrDefault(r => r is { AlternateDueAt: not null, AlternateSentAt: null, SettledAt: null, ActionPoint: not null });

    public void Apply(int recipient, AcknowledgmentInput input, AcknowledgmentDeadlines deadlines)
    {
        for (var i = 0; i < Recipients.Length; i++)
        {
            if (recipient >= 0 && Recipients[i].Recipient != recipient) continue;
            var step = AcknowledgmentPolicy.After(Recipients[i], input, deadlines);
            if (step.State == Recipients[i]) continue;
            Recipients = Recipients.SetItem(i, step.State);
            untold.Add(step);
            IsDirty = true;
        }
    }

    /// <summary>The recipients as they will be once a copy to an action point is on its way.</summary>
    public ImmutableArray<Acknowledgment> WithAlternate(int recipient, DateTimeOffset at) =>
        [.. Recipients.Select(r => r.Recipient == recipient ? r with { AlternateSentAt = at } : r)];

    public DateTimeOffset? NextDue(AcknowledgmentDeadlines deadlines) => Recipients.Select(r => AcknowledgmentPolicy.NextDue(r, deadlines)).Where(d => d is not null).Min();

    /// <summary>What happened since the last call, in its order: to be told once it is durable.</summary>
    public ImmutableArray<AcknowledgmentStep> TakeUntold()
    {
        ImmutableArray<AcknowledgmentStep> taken = [.. untold];
        untold.Clear();
        return taken;
    }

    /// <summary>They could not be made durable: they are told another time.</summary>
    public void PutBack(ImmutableArray<AcknowledgmentStep> steps)
    {
        untold.InsertRange(0, steps);
        IsDirty = true;
    }
}
