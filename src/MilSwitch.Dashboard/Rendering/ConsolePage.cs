using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>One page of the console. Immutable.</summary>
/// <param name="Path">Where it is: <c>/queues</c>.</param>
/// <param name="Title">In the bar and in the navigation.</param>
/// <param name="View">A <see cref="ConsoleView"/>.</param>
/// <param name="Right">Who may see it.</param>
public sealed record ConsolePage(string Path, string Title, Type View, OperatorRight Right = OperatorRight.Watch)
{
    /// <summary>The second key after <c>g</c> that leads here; null: none does, and it is not in the navigation.</summary>
    public char? Key { get; init; }

    /// <summary>What stands behind its path names one thing: <c>/links/hf</c>.</summary>
    public bool HasId { get; init; }

    /// <summary>How often it is rendered again for those who have it open; null: it stays as it is.</summary>
    public TimeSpan? Live { get; init; }

    /// <summary>It shows something else to each person with the same roles.</summary>
    public bool IsPersonal { get; init; }

    /// <summary>Group in the navigation.</summary>
    public string Group { get; init; } = "";
}
