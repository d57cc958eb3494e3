using System.Diagnostics;
using System.Globalization;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Benchmarks.Labels;

/// <summary>Decode, check, permit and mark an ESS label with ten categories: operations a second on one core, and octets for each. On a machine with other work processor time tells more than the clock.</summary>
internal static class DecideFigures
{
    private const int Operations = 200_000;

    public static void Run()
    {
        Console.WriteLine("categories of the policy   stage     operations/s   per processor second   octets/operation");
        foreach (var size in new[] { 300, 3_000 }) Run(size);
        var published = Path.Combine(Environment.GetEnvironmentVariable("MILSWITCH_VECTORS") ?? Path.Combine(Workspace.RepositoryRoot, "..", "shared", "vectors"), "labels-spif", "nato-4774-policy.xml");
        if (File.Exists(published)) RunPublished(SpifReader.Read(File.ReadAllBytes(published)));
    }

    // The policy that others published, with a label that it allows.
    private static void RunPublished(SecurityPolicy policy)
    {
        const int Wanted = 10;
        var held = policy.TagSets.SelectMany(set => set.Tags.Select(tag => new TagCategory(set.Id, tag.Type, [.. tag.Categories.Select(c => c.Value)]))).ToArray();
        var label = policy.Classifications.Select(c => Grown(new SecurityLabel { Policy = policy.Id, Classification = c.Value }, Wanted, policy)).First(l => Values(l) == Wanted);
        var clearance = new Clearance { Policy = policy.Id, Classifications = [.. policy.Classifications.Select(c => c.Value).Order()], Categories = [.. held.Where(tag => !tag.Type.IsInformative())] };
        Measure(held.Sum(t => t.Values.Length), policy, label, clearance);
    }

    private static int Values(SecurityLabel label) => label.Categories.OfType<TagCategory>().Sum(t => t.Values.Length);

    // Adds values in turn over the tags; what breaks a rule is left out, what the policy wants first comes first.
    private static SecurityLabel Grown(SecurityLabel label, int wanted, SecurityPolicy policy)
    {
        var all = policy.TagSets.SelectMany(set => set.Tags.SelectMany(tag => tag.Categories.Where(c => c is { Input: null, Text: null }).Select((c, i) => (Set: set.Id, tag.Type, c.Value, Order: i)))).OrderBy(c => c.Order).ToArray();
        var known = LabelValidity.IsValid(label, policy);
        foreach (var (set, type, value, _) in known ? all : [.. all, .. all])
        {
            if (Values(label) == wanted) break;
            var there = label.Categories.OfType<TagCategory>().FirstOrDefault(c => c.TagSet == set && c.Type == type);
            if (there?.Contains(value) is true) continue;
            var with = new TagCategory(set, type, [.. there?.Values ?? [], value]);
            var grown = label with { Categories = there is null ? label.Categories.Add(with) : label.Categories.Replace(there, with) };
            if (!LabelValidity.IsValid(grown, policy)) continue;
            label = grown;
        }

        return LabelValidity.IsValid(label, policy) ? label : label with { Categories = [] };
    }

    private static void Run(int size)
    {
        var policy = Policy(size);
        // Ten categories over five tags, as in the NATO policy.
        var label = new SecurityLabel
        {
            Policy = policy.Id, Classification = 4, Categories = [.. policy.TagSets.Take(5).Select(set => new TagCategory(set.Id, set.Tags[0].Type, [set.Tags[0].Categories[1].Value, set.Tags[0].Categories[3].Value]))],
        };
        var clearance = new Clearance { Policy = policy.Id, Classifications = [4], IncludesLower = true, Categories = [.. label.Categories.OfType<TagCategory>().Where(tag => !tag.Type.IsInformative())] };
        Measure(size, policy, label, clearance);
    }

    private static void Measure(int size, SecurityPolicy policy, SecurityLabel label, Clearance clearance)
    {
        var octets = EssLabel.Encode(label);
        if (!AccessControl.Permits(label, clearance, policy)) throw new InvalidOperationException("the label is not permitted");
        Measure(size, "decode", () => EssLabel.Read(octets));
        Measure(size, "check", () => LabelValidity.IsValid(label, policy));
        Measure(size, "permit", () => AccessControl.Permits(label, clearance, policy, isKnownValid: true));
        Measure(size, "mark", () => MarkingText.Generate(label, policy, MarkingPlace.FirstLine));
        Measure(size, "all", () =>
        {
            var read = EssLabel.Read(octets);
            if (LabelValidity.IsValid(read, policy) && AccessControl.Permits(read, clearance, policy, isKnownValid: true)) _ = MarkingText.Generate(read, policy, MarkingPlace.FirstLine);
        });
        Measure(size, "explain", () => AccessControl.Decide(label, clearance, policy));
    }

    private static void Measure<T>(int size, string stage, Func<T> work) => Measure(size, stage, () => { _ = work(); });

    private static void Measure(int size, string stage, Action work)
    {
        for (var i = 0; i < Operations / 4; i++) work();
        var (best, least) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        long allocated = 0;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var (start, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            for (var i = 0; i < Operations; i++) work();
            var took = Stopwatch.GetElapsedTime(start);
            used = Environment.CpuUsage.TotalTime - used;
            if (took < best) best = took;
            if (used < least) least = used;
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Operations;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size,24}   {stage,-8}  {Operations / best.TotalSeconds,12:N0}   {Operations / least.TotalSeconds,20:N0}   {allocated,16:N0}"));
    }

    private static SecurityPolicy Policy(int size)
    {
        TagType[] types = [TagType.Restrictive, TagType.EnumeratedPermissive, TagType.EnumeratedPermissive, TagType.InformativeBits, TagType.EnumeratedRestrictive];
        const string Id = "1.3.26.1.3.1";
        return new SecurityPolicy
        {
            Id = Id,
            Name = "FIGURE",
            Classifications = [.. Enumerable.Range(0, 5).Select(i => new ClassificationDefinition { Name = string.Create(CultureInfo.InvariantCulture, $"CLASS {i}"), Value = i + 1, Hierarchy = i + 1 })],
            TagSets = [.. types.Select((type, s) => new TagSetDefinition
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"Set {s}"),
                Id = string.Create(CultureInfo.InvariantCulture, $"{Id}.{s + 1}"),
                Tags = [new TagDefinition
                {
                    Name = string.Create(CultureInfo.InvariantCulture, $"Tag {s}"), Type = type,
                    Categories = [.. Enumerable.Range(0, size / types.Length).Select(v => new CategoryDefinition { Name = string.Create(CultureInfo.InvariantCulture, $"S{s}V{v}"), Value = v, Ordinal = (s * size) + v })],
                }],
            })],
        };
    }
}
