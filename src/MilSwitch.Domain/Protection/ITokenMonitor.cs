namespace MilSwitch.Domain.Protection;

/// <summary>How the tokens of a node are. Thread-safe; asking costs nothing that waits.</summary>
public interface ITokenMonitor
{
    /// <summary>In the order of the configuration; always the same names.</summary>
    IReadOnlyList<TokenStatus> Tokens { get; }
}
