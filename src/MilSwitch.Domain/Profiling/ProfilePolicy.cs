using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Profiling;

/// <summary>Decides what a profiling address does with a message; pure.</summary>
public static class ProfilePolicy
{
    /// <summary>Addressees of one message: the copies are one commit.</summary>
    public const int MostAddressees = 5_000;

    // What the audit trail and reasons name of a message's rules.
    private const int MostRulesNamed = 20;
    private const int LongestText = 1_000;

    /// <summary>Who gets a message, or why a person has to say so.</summary>
    /// <param name="address">That it came to.</param>
    /// <param name="subject">What every distributor has to know of it.</param>
    /// <param name="facts">What rules look at.</param>
    /// <param name="profiler">The plan in force; null: there is none.</param>
    /// <param name="plan">The name of the plan in force.</param>
    /// <param name="at">The time at which hours are judged.</param>
    public static ProfileDecision Judge(ProfilingAddress address, ListSubject subject, ProfileSubject facts, Profiler? profiler, string plan, DateTimeOffset at)
    {
        if (ListPolicy.Stop(address, subject) is { } stop) return ProfileDecision.None(UnprofiledReason.Stopped, stop);
        if (subject.Unreadable is { } unreadable) return ProfileDecision.None(UnprofiledReason.Unreadable, unreadable);
        if (profiler is null) return ProfileDecision.None(UnprofiledReason.NoPlan, $"there is no plan '{plan}' any more");
        if (facts.IsEncrypted && !address.ReadsHeadersOfEncrypted) return ProfileDecision.None(UnprofiledReason.Encrypted, "its text can't be read");
        var decision = profiler.Decide(facts, at);
        if (decision.Unprofiled is { } reason) return decision with { Detail = Detail(reason, facts, plan) };
        var without = ListPolicy.Exempted(subject.Exempted);
        ImmutableArray<ProfileAddressee> left = [.. decision.Addressees.Where(a => !without.Contains(a.Mailbox.Text))];
        return left.Length switch
        {
            0 => ProfileDecision.None(UnprofiledReason.NobodyLeft, "its originator exempted everybody whom rules name"),
            > MostAddressees => ProfileDecision.None(UnprofiledReason.TooMany, string.Create(CultureInfo.InvariantCulture, $"rules name {left.Length} addressees; {MostAddressees} are the most")),
            _ => decision with { Addressees = left },
        };
    }

    /// <summary>The profiling address as those get the message who stand for it. Who was informed only can make nobody act.</summary>
    /// <param name="came">The profiling address among the recipients, with the level at which the message came to it.</param>
    /// <param name="role">Theirs.</param>
    /// <param name="copy">What the message says about the level of those who are informed (RFC 6477 §3.9); null: nothing.</param>
    public static Recipient As(Recipient came, ProfileRole role, Precedence? copy)
    {
        if (role is ProfileRole.Action && came.Role is AddresseeRole.Action) return came;
        var informed = came with { Role = AddresseeRole.Information };
        // As it is when the message comes in (PrecedenceDecision): a copy is never more urgent than what the client might ask for.
        return came.Role is AddresseeRole.Action && copy is { } level && level < came.Precedence ? informed with { Precedence = level, Priority = MtPriority.From(level) } : informed;
    }

    /// <summary>What the audit trail says of a decision: the plan, its version and the rules that fitted, with what held.</summary>
    /// <param name="decision">It.</param>
    /// <param name="plan">The name of the plan.</param>
    /// <param name="version">That of the file.</param>
    /// <param name="opened">What held was encrypted: words of a plan that stand in it are nothing for the trail.</param>
    public static string Trail(ProfileDecision decision, string plan, string version, bool opened = false)
    {
        var named = decision.Matches.Take(MostRulesNamed).Select(m => opened ? m.Rule.Name : $"{m.Rule.Name} ({string.Join(", ", m.Reasons)})");
        var text = string.Create(CultureInfo.InvariantCulture, $"plan {plan}, version {version}: {string.Join("; ", named)}{(decision.Matches.Length > MostRulesNamed ? $" and {decision.Matches.Length - MostRulesNamed} more" : "")}");
        return text.Length > LongestText ? text[..LongestText] + "…" : text;
    }

    private static string Detail(UnprofiledReason reason, ProfileSubject facts, string plan) => reason switch
    {
        UnprofiledReason.NoDistribution => $"MMHS-Message-Instructions: {MmhsInstructions.NoDistribution}",
        UnprofiledReason.Unreadable => facts.Fault!,
        _ => $"no rule of plan '{plan}' fits",
    };
}
