using MilSwitch.Domain.Configuration;

namespace MilSwitch.Switching;

/// <summary>The switching core as the host sees it. Thread-safe.</summary>
public interface ISwitchControl
{
    /// <summary>Every partition of this node is owned and loaded, and the store can be written.</summary>
    bool IsReady { get; }

    /// <summary>Ends when the node is ready for the first time.</summary>
    Task WhenReady { get; }

    SwitchConfiguration Current { get; }

    /// <summary>Swaps the configuration whole; links take over their new settings, what waits stays.</summary>
    void Apply(SwitchConfiguration configuration);
}
