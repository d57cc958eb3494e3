namespace MilSwitch.Domain.Watching;

/// <summary>One entry of the watch log. Immutable.</summary>
/// <param name="Id">Orders them: of two the smaller is the newer.</param>
/// <param name="At">When it was written.</param>
/// <param name="Who">By whom.</param>
/// <param name="Node">On which node.</param>
/// <param name="Kind">Of what kind it is.</param>
/// <param name="Text">Several lines.</param>
public sealed record WatchNote(string Id, DateTimeOffset At, string Who, string Node, WatchNoteKind Kind, string Text)
{
    /// <summary>Characters that a person may write.</summary>
    public const int Longest = 4_000;
}

public enum WatchNoteKind : byte
{
    /// <summary>Something to remember.</summary>
    Note = 0,

    /// <summary>The watch is handed to the next one, with how everything stands.</summary>
    Handover = 1,

    /// <summary>The next one has it.</summary>
    Takeover = 2,
}
