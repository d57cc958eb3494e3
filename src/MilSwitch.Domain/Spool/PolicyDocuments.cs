namespace MilSwitch.Domain.Spool;

/// <summary>The documents by which messages are judged: a change of one of them is another version of the policy.</summary>
public static class PolicyDocuments
{
    /// <summary>An operator's rule.</summary>
    public const string Rule = "rule";

    /// <summary>What all nodes of a cluster share of the configuration.</summary>
    public const string Configuration = "configuration";

    public static bool IsPolicy(string kind) => kind is Rule or Configuration;
}
