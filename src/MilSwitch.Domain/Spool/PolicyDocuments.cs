namespace MilSwitch.Domain.Spool;

/// <summary>The documents by which messages are judged: a change of one of them is another version of the policy.</summary>
public static class PolicyDocuments
{
    /// <summary>An operator's rule.</summary>
    public const string Rule = "rule";

    /// <summary>What all nodes of a cluster share of the configuration.</summary>
    public const string Configuration = "configuration";

    /// <summary>The profiler's plan that a person switched to.</summary>
    public const string ProfilePlan = "profile-plan";

    public static bool IsPolicy(string kind) => kind is Rule or Configuration or ProfilePlan;
}
