using System.Collections.Immutable;

namespace MilSwitch.Domain.Operations;

/// <summary>Acts that can be made to need two persons, by the words of the configuration.</summary>
public static class TwoPersonActs
{
    /// <summary>Orders but MINIMIZE.</summary>
    public const string Rule = "rule";

    public const string Minimize = "minimize";

    /// <summary>Another plan of the profiler.</summary>
    public const string Plan = "plan";

    /// <summary>The configuration is applied.</summary>
    public const string Configuration = "config";

    /// <summary>A node is drained.</summary>
    public const string Drain = "drain";

    /// <summary>An account is made, changed (roles, password), locked, unlocked or removed; not one's own password.</summary>
    public const string Account = "account";

    /// <summary>All of them; acts on messages by their verbs.</summary>
    public static ImmutableArray<string> All { get; } = [.. Enum.GetValues<MessageVerb>().Select(Of), Rule, Minimize, Plan, Configuration, Drain, Account];

    /// <summary>The word for an act on messages.</summary>
    public static string Of(MessageVerb verb) => verb.ToString().ToLowerInvariant();

    /// <summary>The word for an order of this kind.</summary>
    public static string Of(RuleKind kind) => kind is RuleKind.Minimize ? Minimize : Rule;
}
