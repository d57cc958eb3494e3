using MilSwitch.Domain.Profiling;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "M-02")]
public sealed class ProfilingConfigurationTests : IDisposable
{
    private const string Plain = "plans: plans.yaml, addresses: [profiler@hq.example], owner: chief@hq.example";
    private readonly ConfigurationFiles files = new();

    public ProfilingConfigurationTests() => WritePlans("ops@x.example");

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_all_that_it_can_have()
    {
        var profilers = files.Good(Text("plans: plans.yaml, addresses: [Profiler@HQ.example, intake@hq.example], returns: originator, open: true, encrypted: by-header")).Switch.Profilers;
        Assert.Equal(["Profiler@HQ.example", "intake@hq.example"], profilers.Addresses.Select(a => a.Address.Text));
        Assert.All(profilers.Addresses, a => Assert.Equal((null, true, true, null), (a.Owner?.Text, a.IsOpen, a.ReadsHeadersOfEncrypted, a.Domain)));
        Assert.Equal("peace", profilers.InForce(null)!.Plan.Name);
        Assert.Equal("war", profilers.InForce(new PlanChoice("war", "", "", default))!.Plan.Name);
    }

    [Fact]
    public void Does_by_itself_what_is_safe()
    {
        var address = Assert.Single(files.Good(Text(Plain)).Switch.Profilers.Addresses);
        Assert.Equal(("chief@hq.example", false, false), (address.Owner!.Text, address.IsOpen, address.ReadsHeadersOfEncrypted));
        Assert.True(files.Good(ConfigurationFiles.Minimum).Switch.Profilers.IsEmpty);
    }

    [Fact]
    public void Reads_several_files_and_keys_that_open_what_comes()
    {
        files.WriteCertificate().Dispose();
        files.Write("more.yaml", "plans: [night]\nrules: [{ name: night, sic: [ZZZ], plans: night, action: [log@x.example] }]\n");
        var profilers = files.Good(Text("plans: [plans.yaml, more.yaml], addresses: [p@hq.example], owner: chief@hq.example, decrypt: [k]") + "\nkeys: [{ name: k, file: tls.key, certificate: tls.pem }]\n").Switch.Profilers;
        Assert.Equal(["k"], Assert.Single(profilers.Addresses).Opening!.Keys.AsEnumerable());
        Assert.Equal("night", profilers.InForce(new PlanChoice("night", "", "", default))!.Plan.Name);
        Assert.Null(Assert.Single(files.Good(Text(Plain)).Switch.Profilers.Addresses).Opening);
    }

    [Fact]
    public void The_version_is_that_of_the_files_text()
    {
        var version = files.Good(Text(Plain)).Switch.Profilers.Plans.Version;
        Assert.Matches("^[0-9a-f]{12}$", version);
        Assert.Equal(version, files.Good(Text(Plain)).Switch.Profilers.Plans.Version);
        WritePlans("log@x.example");
        Assert.NotEqual(version, files.Good(Text(Plain)).Switch.Profilers.Plans.Version);
    }

    [Fact]
    public void A_list_may_stand_in_a_rule_and_a_profiler_in_a_list()
    {
        WritePlans("watch@far.test");
        var configuration = files.Good(Text(Plain, "{ address: watch@far.test, members: [ops@x.example], owner: a@x.example, post: [anyone] }, { address: all@far.test, members: [profiler@hq.example], owner: a@x.example, post: [anyone] }"));
        Assert.Equal(2, configuration.Switch.Lists.Lists.Length);
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "addresses: [profiler@hq.example], owner: chief@hq.example", "profiling.plans: is missing" },
        { "plans: none.yaml, addresses: [profiler@hq.example], owner: chief@hq.example", "profiling.plans: " },
        { "plans: plans.yaml, owner: chief@hq.example", "profiling.addresses: is missing: nobody could write to the profiler" },
        { "plans: plans.yaml, addresses: [profiler], owner: chief@hq.example", "profiling.addresses: 'profiler' is not a mail address" },
        { "plans: plans.yaml, addresses: [p@hq.example, p@HQ.example], owner: chief@hq.example", "profiling.addresses: 'p@HQ.example' is there twice" },
        { "plans: plans.yaml, addresses: [p@hq.example]", "profiling.owner: is missing: it hears of addressees who could not be reached; or say returns: originator" },
        { "plans: plans.yaml, addresses: [p@hq.example], owner: p@hq.example", "profiling.owner: 'p@hq.example' is a list or a profiler, and none takes the reports that come to its owner" },
        { "plans: plans.yaml, addresses: [p@hq.example], owner: a@nowhere.test", "profiling.owner: no route takes 'a@nowhere.test'" },
        { "plans: plans.yaml, addresses: [ops@x.example], owner: chief@hq.example", "profiling.plans: rule 'operations' names 'ops@x.example', which is the profiler itself" },
        { "plans: bad.yaml, addresses: [p@hq.example], owner: chief@hq.example", "profiling.plans: no route takes 'ops@nowhere.test', which rule 'operations' names" },
        { "plans: broken.yaml, addresses: [p@hq.example], owner: chief@hq.example", "rules[0].sic[0]: 'K' is no code" },
        { Plain + ", decrypt: [k]", "profiling.decrypt" },
        { "plans: [plans.yaml, plans.yaml], addresses: [p@hq.example], owner: chief@hq.example", "profiling.plans: 'plans.yaml' is there twice" },
        { Plain + ", encrypted: open", "profiling.encrypted: " },
        { Plain + ", adresses: [x]", "profiling.adresses: unknown key; did you mean 'addresses'?" },
        { "plans: plans.yaml, addresses: [watch@hq.example], owner: chief@hq.example", "profiling.addresses: 'watch@hq.example' is that of a list" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Says_what_is_wrong(string profiling, string problem)
    {
        WritePlans("ops@nowhere.test", "bad.yaml");
        files.Write("broken.yaml", "plan: peace\nplans: [peace]\nrules:\n  - { name: operations, sic: [K], action: [ops@x.example] }\n");
        Assert.Contains(problem, string.Join("\n", files.Problems(Text(profiling, "{ address: watch@hq.example, members: [ops@x.example], owner: a@x.example, post: [anyone] }"))), StringComparison.Ordinal);
    }

    private void WritePlans(string addressee, string name = "plans.yaml") =>
        files.Write(name, $"plan: peace\nplans: [peace, war]\nrules:\n  - {{ name: operations, sic: [KAA], action: [{addressee}] }}\n");

    private static string Text(string profiling, string lists = "") =>
        ConfigurationFiles.Minimum.Replace("match: \"*\"", "match: \"*.example\"", StringComparison.Ordinal) + $"\nprofiling: {{ {profiling} }}\n" + (lists.Length is 0 ? "" : $"lists: [{lists}]\n");
}
