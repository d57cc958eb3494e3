using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Operations;

/// <summary>
/// What persons do to the node they speak to. Demands <see cref="OperatorRight.Configure"/>; throws a
/// <see cref="FormatException"/> with a text for the person,
/// <see cref="ApprovalNeededException"/> where another person has to approve, and <see cref="SpoolUnavailableException"/>.
/// </summary>
public interface INodeActions
{
    /// <summary>The configuration in force.</summary>
    SettingsState Settings { get; }

    /// <summary>Reads the configuration again and swaps it whole, or not at all.</summary>
    /// <param name="expected">Asked about the tag in force; null: whatever it is.</param>
    /// <param name="reason">Why; 1 to 1000 characters.</param>
    /// <param name="who">Who wants it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null: another one is in force, and nothing was done. Empty: it is in force now.</returns>
    ValueTask<IReadOnlyList<SettingsProblem>?> ApplyAsync(Func<string, bool>? expected, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>This node takes nothing new, ends what it has under way, hands its partitions over and stops.</summary>
    ValueTask DrainAsync(string reason, OperatorIdentity who, CancellationToken cancellationToken);
}
