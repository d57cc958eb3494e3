namespace MilSwitch.Domain.Operations;

/// <summary>What a person does to the node itself. Thread-safe.</summary>
public interface INodeDesk
{
    /// <summary>Where browsers find the console of this node; null: nobody said.</summary>
    string? Console { get; }

    /// <summary>The file of the configuration in force, and since when it is.</summary>
    ConfigurationInForce Configuration { get; }

    /// <summary>Reads the configuration again and swaps it whole, or changes nothing.</summary>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="who">Who wants it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong with it; empty: it is in force.</returns>
    /// <exception cref="NotPermittedException">This person may not.</exception>
    /// <exception cref="FormatException">The reason is missing or too long.</exception>
    /// <exception cref="ApprovalNeededException">It waits for a second person.</exception>
    ValueTask<IReadOnlyList<string>> ApplyConfigurationAsync(string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>The node takes nothing new, ends what it has under way, hands its partitions over and stops. Audited.</summary>
    /// <exception cref="NotPermittedException">This person may not.</exception>
    ValueTask DrainAsync(string reason, OperatorIdentity who, CancellationToken cancellationToken);
}

/// <param name="File">Where it was read from.</param>
/// <param name="Since">In force since then.</param>
public sealed record ConfigurationInForce(string File, DateTimeOffset Since);
