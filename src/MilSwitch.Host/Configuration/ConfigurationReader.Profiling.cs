using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Host.Configuration;

/// <summary>The profiler.</summary>
public static partial class ConfigurationReader
{
    private static ProfilerMap ReadProfiling(ConfigurationSource source, Section root, List<ConfigurationProblem> problems, KeyConfiguration keys, ImmutableArray<DomainOfKeys> domains, RouteTable routes)
    {
        if (!root.Has("profiling")) return ProfilerMap.None;
        var section = root.Map("profiling");
        var plans = ReadPlans(source, section, problems);
        var home = ReadDomainName(section, "domain", domains, required: !domains.IsEmpty);
        var owner = ReadOwner(section, "addressees");
        var open = section.Flag("open", false);
        var byHeader = section.Keyword("encrypted", false, ("hold", false), ("by-header", true));
        var openers = ReadOpeners(source, section, keys);
        var domain = domains.FirstOrDefault(d => d.Domain.Name == home);
        if (domain is not null) foreach (var key in openers) Own(section, "decrypt", key, domain);
        var opening = openers.IsEmpty ? null : new BoundaryOpening { Trust = domain?.Domain.Trust ?? ArrivalTrust.None, Home = home, Keys = openers };
        var texts = ReadAddresses(section, "addresses");
        if (texts.IsEmpty) section.Reject("addresses", "is missing: nobody could write to the profiler");
        var addresses = ImmutableArray.CreateBuilder<ProfilingAddress>();
        foreach (var address in texts)
        {
            if (address.Domain.Length is 0) section.Reject("addresses", $"'{address.Text}' is not a mail address");
            else if (addresses.Any(a => a.Address == address)) section.Reject("addresses", $"'{address.Text}' is there twice");
            else addresses.Add(new ProfilingAddress { Address = address, Domain = home, Owner = owner, IsOpen = open, ReadsHeadersOfEncrypted = byHeader, Opening = opening });
            if (home is not null && routes.Find(address)?.Domain != home) section.Reject("addresses", $"no route leads '{address.Text}' into '{home}', so that nobody in other domains could write to it");
        }

        section.Finish();
        return plans is null ? ProfilerMap.None : new ProfilerMap(addresses.ToImmutable(), plans);
    }

    private static ProfilePlans? ReadPlans(ConfigurationSource source, Section section, List<ConfigurationProblem> problems)
    {
        var names = section.Texts("plans");
        if (names.IsEmpty)
        {
            section.Reject("plans", "is missing");
            return null;
        }

        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            section.Reject("plans", $"'{twice.Key}' is there twice");
            return null;
        }

        if (names.FirstOrDefault(n => !System.IO.File.Exists(source.FullPath(n))) is { } missing)
        {
            section.Reject("plans", $"'{missing}' does not exist");
            return null;
        }

        var plans = ProfileFile.Read([.. names.Select(n => source.Beside(n).File)], out var found);
        problems.AddRange(found);
        return plans;
    }

    // What rules name may be a list, and what lists have as members may be a profiler: both are known by now.
    private static void CheckProfiling(Section root, ProfilerMap profilers, MailingListMap lists, Mailbox? desk, RouteTable routes)
    {
        if (profilers.IsEmpty) return;
        var section = root.Map("profiling");
        foreach (var address in profilers.Addresses.Where(a => lists.Anywhere(a.Address) is not null)) section.Reject("addresses", $"'{address.Address.Text}' is that of a list");
        foreach (var address in profilers.Addresses.Where(a => a.Address == desk)) section.Reject("addresses", $"'{address.Address.Text}' is the release desk");
        CheckOwner(section, profilers.Addresses[0].Owner, IsHere, routes);
        foreach (var (rule, addressee) in profilers.Plans.All.SelectMany(p => p.Rules).Distinct().SelectMany(r => r.Action.Concat(r.Information).Select(a => (r.Name, a))))
        {
            if (profilers.Anywhere(addressee) is not null) section.Reject("plans", $"rule '{rule}' names '{addressee.Text}', which is the profiler itself");
            else if (routes.Find(addressee) is null && !IsHere(addressee)) section.Reject("plans", $"no route takes '{addressee.Text}', which rule '{rule}' names");
        }

        bool IsHere(Mailbox address) => lists.Anywhere(address) is not null || profilers.Anywhere(address) is not null;
    }

    // Who hears of what could not be delivered; null: the originator.
    private static Mailbox? ReadOwner(Section section, string whom)
    {
        var owner = ReadAddress(section, "owner", required: false);
        var toOwner = section.Keyword("returns", true, ("owner", true), ("originator", false));
        if (toOwner && owner is null && !section.Has("owner")) section.Reject("owner", $"is missing: it hears of {whom} who could not be reached; or say returns: originator");
        if (!toOwner && owner is not null) section.Reject("owner", "does nothing with returns: originator");
        return toOwner ? owner : null;
    }

    private static void CheckOwner(Section section, Mailbox? owner, Func<Mailbox, bool> isHere, RouteTable routes)
    {
        if (owner is null) return;
        if (isHere(owner)) section.Reject("owner", $"'{owner.Text}' is a list or a profiler, and none takes the reports that come to its owner");
        else if (routes.Find(owner) is null) section.Reject("owner", $"no route takes '{owner.Text}'");
    }
}
