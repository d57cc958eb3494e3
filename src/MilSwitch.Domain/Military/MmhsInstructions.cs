namespace MilSwitch.Domain.Military;

/// <summary>Values of MMHS-Message-Instructions that the switch obeys (RFC 6477 §3.5).</summary>
public static class MmhsInstructions
{
    /// <summary>Nobody distributes the message any further. In any case of letters.</summary>
    public const string NoDistribution = "NO DISTRIBUTION";
}
