using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;

namespace MilSwitch.Domain.Tests.Profiling;

[Trait("Feature", "M-01")]
public sealed class ProfilePolicyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly Mailbox Ops = Mailbox.Parse("ops@hq.test");
    private static readonly Mailbox Log = Mailbox.Parse("log@hq.test");
    private static readonly ProfilingAddress Address = new() { Address = Mailbox.Parse("profiler@hq.test") };
    private static readonly ProfileSubject Message = new() { Precedence = Precedence.Flash, Codes = ["KAA"] };
    private static readonly ProfileRule Rule = new() { Name = "operations", Codes = [Pattern("KAA")], Action = [Ops], Information = [Log] };

    [Fact]
    public void Who_is_named_gets_it() => Assert.Equal(
        [new ProfileAddressee(Ops, ProfileRole.Action), new ProfileAddressee(Log, ProfileRole.Information)], Judge(new ListSubject(), Message).Addressees.AsEnumerable());

    public static TheoryData<string, UnprofiledReason?> Cases => new()
    {
        { "report", UnprofiledReason.Stopped }, { "loop", UnprofiledReason.Stopped }, { "exempted field", UnprofiledReason.Unreadable }, { "fault", UnprofiledReason.Unreadable },
        { "no distribution", UnprofiledReason.NoDistribution }, { "no plan", UnprofiledReason.NoPlan }, { "encrypted", UnprofiledReason.Encrypted }, { "encrypted, by header", null },
        { "no match", UnprofiledReason.NoMatch }, { "all exempted", UnprofiledReason.NobodyLeft }, { "too many", UnprofiledReason.TooMany }, { "as many as may be", null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("Feature", "M-03")]
    public void A_person_has_to_look_at(string name, UnprofiledReason? expected)
    {
        var subject = name switch
        {
            "report" => new ListSubject { IsReport = true },
            "loop" => new ListSubject { Before = ["Profiler@HQ.test"] },
            "exempted field" => new ListSubject { Unreadable = "bad field" },
            "all exempted" => new ListSubject { Exempted = [Ops, Mailbox.Parse("LOG@hq.test")] },
            _ => new ListSubject(),
        };
        var message = name switch
        {
            "fault" => Message with { Fault = "twice" },
            "no distribution" => Message with { MessageInstructions = ["No Distribution"] },
            "encrypted" or "encrypted, by header" => Message with { IsEncrypted = true },
            "no match" => Message with { Codes = ["ZZZ"] },
            _ => Message,
        };
        var most = ProfilePolicy.MostAddressees;
        var rule = name is "too many" or "as many as may be"
            ? Rule with { Action = [.. Enumerable.Range(0, name is "too many" ? most + 1 : most).Select(i => Mailbox.Parse($"m{i}@hq.test"))], Information = [] } : Rule;
        var decision = ProfilePolicy.Judge(
            Address with { ReadsHeadersOfEncrypted = name is "encrypted, by header" }, subject, message, name is "no plan" ? null : new Profiler(new ProfilePlan("peace", [rule])), "peace", Noon);
        Assert.Equal(expected, decision.Unprofiled);
        Assert.Equal(expected is null, decision.Detail.Length is 0);
        Assert.Equal(expected is null, decision.Addressees.Length > 0);
    }

    [Fact]
    [Trait("Feature", "D-08")]
    public void Whom_its_originator_exempts_gets_nothing() =>
        Assert.Equal([Ops], Judge(new ListSubject { Exempted = [Mailbox.Parse("LOG@hq.test")] }, Message).Addressees.Select(a => a.Mailbox));

    [Theory]
    [InlineData(AddresseeRole.Action, ProfileRole.Action, Precedence.Routine, AddresseeRole.Action, Precedence.Flash, 5)]
    [InlineData(AddresseeRole.Action, ProfileRole.Information, Precedence.Routine, AddresseeRole.Information, Precedence.Routine, -2)]
    [InlineData(AddresseeRole.Action, ProfileRole.Information, null, AddresseeRole.Information, Precedence.Flash, 5)]
    // Nobody gets more than what the client could ask for.
    [InlineData(AddresseeRole.Action, ProfileRole.Information, Precedence.Override, AddresseeRole.Information, Precedence.Flash, 5)]
    // It has the level of copies already.
    [InlineData(AddresseeRole.Information, ProfileRole.Information, Precedence.Routine, AddresseeRole.Information, Precedence.Flash, 5)]
    [InlineData(AddresseeRole.Information, ProfileRole.Action, Precedence.Routine, AddresseeRole.Information, Precedence.Flash, 5)]
    public void A_copy_has_the_level_of_its_role(AddresseeRole came, ProfileRole role, Precedence? copy, AddresseeRole expected, Precedence level, int priority)
    {
        var of = new Recipient(Address.Address) { Role = came, Precedence = Precedence.Flash, Priority = Priority(5) };
        var made = ProfilePolicy.As(of, role, copy);
        Assert.Equal((expected, level), (made.Role, made.Precedence));
        Assert.Equal(level is Precedence.Flash ? Priority(priority) : MtPriority.From(level), made.Priority);
    }

    [Fact]
    public void The_trail_names_plan_version_and_rules_and_stays_short()
    {
        Assert.Equal("plan peace, version 0123: operations (sic KAA)", ProfilePolicy.Trail(Judge(new ListSubject(), Message), "peace", "0123"));
        var rules = Enumerable.Range(0, 60).Select(i => Rule with { Name = $"r{i:00}" + new string('x', i < 30 ? 0 : 200) }).ToArray();
        Assert.EndsWith("; r19 (sic KAA) and 40 more", Trail(rules), StringComparison.Ordinal);
        Assert.Equal(1_001, Trail([.. rules.Reverse()]).Length);

        static string Trail(ProfileRule[] rules) => ProfilePolicy.Trail(new Profiler(new ProfilePlan("peace", [.. rules])).Decide(Message, Noon), "peace", "0123");
    }

    [Fact]
    [Trait("Feature", "M-02")]
    public void The_plan_that_was_switched_to_counts_and_none_in_its_place()
    {
        var (peace, war) = (new ProfilePlan("peace", [Rule]), new ProfilePlan("war", []));
        var map = new ProfilerMap([Address], new ProfilePlans([peace, war], peace, null));
        Assert.Same(peace, map.InForce(null)!.Plan);
        Assert.Same(war, map.InForce(new PlanChoice("war", "order", "watch", Noon))!.Plan);
        Assert.Null(map.InForce(new PlanChoice("gone", "order", "watch", Noon)));
        var choice = new PlanChoice("war", "order \"4711\"", "watch", Noon);
        Assert.Equal(choice, PlanChoiceDocument.Read(PlanChoiceDocument.Write(choice)));
    }

    private static ProfileDecision Judge(ListSubject subject, ProfileSubject message) => ProfilePolicy.Judge(Address, subject, message, new Profiler(new ProfilePlan("peace", [Rule])), "peace", Noon);

    private static MtPriority Priority(int value) => MtPriority.TryCreate(value, out var priority) ? priority : throw new ArgumentOutOfRangeException(nameof(value));

    private static SicPattern Pattern(string text) => SicPattern.TryParse(text, out var pattern) ? pattern : throw new FormatException(text);
}
