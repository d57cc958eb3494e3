using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Tests;

public sealed class RouteTableTests
{
    private static readonly RouteTable Table = new(
        [
            Row("Duty@Example.mil", "duty"), Row("example.mil", "domain"), Row("*.example.mil", "below"), Row("*.b.example.mil", "deep"),
            Row("b\u00fccher.example", "idn"), new Route { Match = "spy@example.mil", Refuse = "not here" },
            new Route { Match = "*", UseMx = true, Link = Link("template") },
        ],
        ["sw1.example.mil"]);

    [Theory]
    [InlineData("duty@example.mil", "duty")]
    [InlineData("DUTY@EXAMPLE.MIL", "duty")]
    [InlineData("\"duty\"@example.mil", "duty")]
    [InlineData("\"du\\ty\"@example.mil", "duty")]
    [InlineData("other@example.mil", "domain")]
    [InlineData("duty@a.example.mil", "below")]
    [InlineData("duty@c.b.example.mil", "deep")]
    [InlineData("duty@b.example.mil", "below")]
    [InlineData("x@b\u00fccher.example", "idn")]
    [InlineData("x@xn--bcher-kva.example", "idn")]
    [InlineData("x@notexample.mil", "mx:notexample.mil")]
    [InlineData("x@[192.0.2.1]", "192.0.2.1:25")]
    [InlineData("x@[IPv6:2001:db8::1]", "[2001:db8::1]:25")]
    public void Finds_the_closest_row(string address, string link)
    {
        var mailbox = Mailbox.Parse(address);
        Assert.Equal(link, Table.Find(mailbox)?.Name.Value);
        var explained = Table.Explain(mailbox);
        Assert.Equal(link, explained.Link?.Name.Value);
        Assert.Null(explained.Refusal);
        Assert.Contains(explained.Explanation, line => line.EndsWith(": matched", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Precedence.Routine, "KAB", 1, "", "both")]
    [InlineData(Precedence.Routine, "XXX,kab", null, "", "codes")]
    [InlineData(Precedence.Routine, "", 0, "", "plain")]
    [InlineData(Precedence.Flash, "", null, "", "urgent")]
    [InlineData(Precedence.Routine, "", null, "NO HURRY,by hand", "slow")]
    [InlineData(Precedence.Routine, "", null, "BY HANDS", "plain")]
    public void Takes_the_first_row_whose_condition_is_fulfilled(Precedence level, string codes, int? type, string instructions, string link)
    {
        SicPattern[] patterns = [SicPattern.TryParse("KA*", out var pattern) ? pattern : throw new InvalidOperationException()];
        var table = new RouteTable(
        [
            Row("a.example", "plain"), Row("a.example", "both") with { When = new RouteCondition { Codes = [.. patterns], Types = [1, 2] } }, Row("a.example", "codes") with { When = new RouteCondition { Codes = [.. patterns] } },
            Row("A.Example", "urgent") with { When = new RouteCondition { Levels = [Precedence.Flash] } }, Row("a.example", "slow") with { When = new RouteCondition { Instructions = ["By Hand"] } }, Row("*", "rest"),
        ]);
        var address = Mailbox.Parse("x@a.example");
        var facts = new MilitaryFacts { Codes = [.. codes.Split(',', StringSplitOptions.RemoveEmptyEntries)], Type = type, Instructions = [.. instructions.Split(',', StringSplitOptions.RemoveEmptyEntries)] };
        Assert.Equal(link, table.Find(address, level, facts)?.Name.Value);
        Assert.Equal(link, table.Explain(address, level, facts).Link?.Name.Value);
        Assert.Equal("plain", table.Find(address)?.Name.Value);
        Assert.Equal("rest", table.Find(Mailbox.Parse("x@b.example"), level, facts)?.Name.Value);
        Assert.Equal(["both", "codes", "plain", "slow", "urgent"], table.LinksTowards("a.example", subdomains: false).Select(l => l.Name.Value).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("spy@example.mil")]
    [InlineData("\"spy\"@example.mil")]
    [InlineData("SPY@Example.Mil")]
    [Trait("Threat", "S12")]
    public void No_spelling_goes_round_a_refusal(string address)
    {
        Assert.Null(Table.Find(Mailbox.Parse(address)));
        Assert.Equal("not here", Table.Explain(Mailbox.Parse(address)).Refusal);
    }

    [Fact]
    public void Says_when_nothing_matches()
    {
        var decision = new RouteTable([Row("example.mil", "a")]).Explain(Mailbox.Parse("x@y.example"));
        Assert.Equal("no route", decision.Refusal);
        Assert.Equal(["x@y.example: no row", "y.example: no row", "*.example: no row", "*: no row"], decision.Explanation.AsEnumerable());
    }

    [Theory]
    [InlineData("example.mil", false, "domain duty")]
    [InlineData("example.mil", true, "below deep domain duty")]
    [InlineData("b.example.mil", false, "below")]
    [InlineData("b.example.mil", true, "below deep")]
    [InlineData("xn--bcher-kva.example", false, "idn")]
    [InlineData("notexample.mil", false, "mx:notexample.mil")]
    [InlineData("notexample.mil", true, "mx:notexample.mil")]
    [InlineData("mil", true, "below deep domain duty mx:mil")]
    [Trait("Feature", "A-21")]
    public void Knows_every_link_towards_a_domain(string domain, bool subdomains, string links) =>
        Assert.Equal(links, string.Join(' ', Table.LinksTowards(domain, subdomains).Select(l => l.Name.Value).Order(StringComparer.Ordinal)));

    [Fact]
    [Trait("Feature", "A-21")]
    public void A_refusal_leads_to_no_link()
    {
        var table = new RouteTable([new Route { Match = "*", Refuse = "no" }, new Route { Match = "spy@a.example", Refuse = "no" }, Row("b.example", "b")]);
        Assert.Empty(table.LinksTowards("a.example", subdomains: true));
        Assert.Equal("b", Assert.Single(table.LinksTowards("b.example", subdomains: true)).Name.Value);
    }

    [Fact]
    public void Postmaster_without_a_domain_can_have_a_row_and_no_MX()
    {
        Assert.Equal("local", new RouteTable([Row("postmaster", "local")]).Find(Mailbox.Parse("Postmaster"))?.Name.Value);
        Assert.Null(Table.Find(Mailbox.Parse("Postmaster")));
        Assert.NotNull(Table.Explain(Mailbox.Parse("Postmaster")).Refusal);
    }

    [Fact]
    [Trait("Threat", "S13")]
    public void Knows_its_own_names()
    {
        Assert.True(Table.IsOwnName("SW1.example.mil."));
        Assert.False(Table.IsOwnName("sw2.example.mil"));
    }

    private static Route Row(string match, string link) => new() { Match = match, Link = Link(link) };

    private static LinkSettings Link(string name) => new() { Name = new LinkName(name), HeloName = "sw1.example.mil" };
}
