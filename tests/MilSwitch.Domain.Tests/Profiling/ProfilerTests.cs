using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;

namespace MilSwitch.Domain.Tests.Profiling;

public sealed class ProfilerTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly Mailbox Ops = Mailbox.Parse("ops@hq.example.org");
    private static readonly Mailbox Log = Mailbox.Parse("log@hq.example.org");
    private static readonly ProfileSubject Message = new()
    {
        Precedence = Precedence.Flash, Codes = ["KAA"], Originator = Mailbox.Parse("cos@shl.example.com"), Type = 0, TypeIdentifier = "CANDLE FISH",
        Label = new ProfileLabel("1.2.3", "ALFA", 4, "SECRET"), HandlingInstructions = ["RXFPA ZOV"], MessageInstructions = ["MINIMIZE CONSIDERED"],
        Subject = "Move of the field hospital", Body = "The fire-control\r\nradar is ready.",
    };

    public static TheoryData<string, bool> Conditions => new()
    {
        { "sic KAA", true }, { "sic K?A", true }, { "sic K*", true }, { "sic KAB", false }, { "sic KAAB", false },
        { "from cos@shl.example.com", true }, { "from @SHL.example.com", true }, { "from @example.com", false }, { "from ops@shl.example.com", false },
        { "type 0", true }, { "type 0:candle fish", true }, { "type 0:OTHER", false }, { "type 1", false },
        { "precedence flash", true }, { "precedence routine", false },
        { "label alfa/secret", true }, { "label 1.2.3/4", true }, { "label /4", true }, { "label ALFA/", true }, { "label BRAVO/SECRET", false }, { "label ALFA/5", false },
        { "handling rxfpa zov", true }, { "handling RXFPA", false }, { "instruction minimize considered", true }, { "instruction MINIMIZE", false },
        { "subject FIELD hospital", true }, { "subject hospital field", false }, { "subject radar", false },
        { "words hospital", true }, { "words fire control radar", true }, { "words hospi", false }, { "words ready radar", false }, { "words the the fire", false },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Selects_by_each_condition(string condition, bool selected) =>
        Assert.Equal(selected ? null : UnprofiledReason.NoMatch, Decide(Message, Rule("r", condition) with { Action = [Ops] }).Unprofiled);

    [Fact]
    public void Needs_one_value_of_each_kind()
    {
        var rule = Rule("r", "sic KAA") with { Action = [Ops], Precedences = [Precedence.Override, Precedence.Flash] };
        Assert.Equal(["sic KAA", "precedence flash"], Assert.Single(Decide(Message, rule).Matches).Reasons.AsEnumerable());
        Assert.Equal(UnprofiledReason.NoMatch, Decide(Message with { Precedence = Precedence.Routine }, rule).Unprofiled);
    }

    [Fact]
    public void Action_wins_over_information_and_rules_keep_their_order()
    {
        var decision = Decide(Message, Rule("b", "words radar") with { Information = [Ops, Log] }, Rule("a", "sic KAA") with { Action = [Ops] });
        Assert.Equal(["b", "a"], decision.Matches.Select(m => m.Rule.Name));
        Assert.Equal([new ProfileAddressee(Ops, ProfileRole.Action), new ProfileAddressee(Log, ProfileRole.Information)], decision.Addressees.AsEnumerable());
    }

    [Fact]
    public void Who_was_informed_makes_nobody_act() => Assert.Equal(
        [new ProfileAddressee(Ops, ProfileRole.Information)],
        Decide(Message with { Role = ProfileRole.Information }, Rule("a", "sic KAA") with { Action = [Ops] }).Addressees.AsEnumerable());

    [Fact]
    public void Two_ways_to_write_a_phrase_both_count()
    {
        var decision = Decide(Message, Rule("a", "words fire control") with { Action = [Ops] }, Rule("b", "words FIRE-CONTROL") with { Action = [Log] });
        Assert.Equal(["a", "b"], decision.Matches.Select(m => m.Rule.Name));
    }

    [Theory]
    [InlineData("no distribution")]
    [InlineData("NO DISTRIBUTION")]
    public void No_distribution_is_left_to_a_person(string instruction)
    {
        var decision = Decide(Message with { MessageInstructions = ["MINIMIZE CONSIDERED", instruction] }, Rule("a", "sic KAA") with { Action = [Ops] });
        Assert.Equal(UnprofiledReason.NoDistribution, decision.Unprofiled);
        Assert.Empty(decision.Addressees);
    }

    [Fact]
    public void What_cannot_be_believed_is_left_to_a_person() =>
        Assert.Equal(UnprofiledReason.Unreadable, Decide(Message with { Fault = "twice" }, Rule("a", "sic KAA") with { Action = [Ops] }).Unprofiled);

    [Theory]
    [InlineData("2026-11-30T17:59:59Z", false)]
    [InlineData("2026-11-30T18:00:00Z", true)]
    [InlineData("2026-12-01T05:59:59Z", true)]
    [InlineData("2026-12-01T06:00:00Z", false)]
    [InlineData("2026-12-01T18:00:00Z", false)]
    [InlineData("2026-11-30T20:30:00+03:00", false)]
    public void Hours_over_midnight_are_of_the_day_on_which_they_begin(string at, bool selected)
    {
        var rule = Rule("a", "sic KAA") with { Action = [Ops], Hours = [new ProfileHours([DayOfWeek.Monday], new TimeOnly(18, 0), new TimeOnly(6, 0))] };
        var decision = new Profiler(new ProfilePlan("p", [rule])).Decide(Message, DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(selected, decision.Unprofiled is null);
    }

    [Fact]
    public void Refuses_a_rule_that_selects_everything() => Assert.Throws<ArgumentException>(() => new Profiler(new ProfilePlan("p", [new ProfileRule { Name = "all", Action = [Ops] }])));

    [Fact]
    public void Finds_what_a_plain_search_finds()
    {
        var random = new Random(7);
        string Code() => string.Concat(Enumerable.Range(0, 3).Select(_ => (char)('A' + random.Next(3))));
        for (var round = 0; round < 200; round++)
        {
            var patterns = Enumerable.Range(0, 20).Select(_ => Code()).Select(c => random.Next(3) switch { 0 => c, 1 => c[..2] + "*", _ => $"{c[0]}?{c[2]}" }).ToArray();
            var rules = patterns.Select((p, i) => Rule($"r{i}", "sic " + p) with { Action = [Ops] }).ToArray();
            var code = Code();
            var expected = rules.Where(r => r.Codes[0].Matches(code)).Select(r => r.Name);
            Assert.Equal(expected, Decide(Message with { Codes = [code] }, rules).Matches.Select(m => m.Rule.Name));
        }
    }

    private static ProfileDecision Decide(ProfileSubject subject, params ProfileRule[] rules) => new Profiler(new ProfilePlan("p", [.. rules])).Decide(subject, Noon);

    private static ProfileRule Rule(string name, string condition)
    {
        var rule = new ProfileRule { Name = name };
        var space = condition.IndexOf(' ', StringComparison.Ordinal);
        var value = condition[(space + 1)..];
        var parts = value.Split(':', '/');
        switch (condition[..space])
        {
            case "sic":
                Assert.True(SicPattern.TryParse(value, out var pattern));
                return rule with { Codes = [pattern] };
            case "from":
                Assert.True(ProfileOriginator.TryParse(value, out var originator));
                return rule with { Originators = [originator] };
            case "type":
                return rule with { Types = [new ProfileType(int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), parts.Length > 1 ? parts[1] : null)] };
            case "precedence":
                return rule with { Precedences = [PrecedenceExtensions.TryParseKeyword(value, out var level) ? level : throw new FormatException()] };
            case "label":
                return rule with { Labels = [new ProfileLabelPattern(parts[0].Length > 0 ? parts[0] : null, parts[1].Length > 0 ? parts[1] : null)] };
            case "handling":
                return rule with { HandlingInstructions = [value] };
            case "instruction":
                return rule with { MessageInstructions = [value] };
            case "subject":
                return rule with { SubjectWords = [value] };
            default:
                return rule with { Words = [value] };
        }
    }
}
