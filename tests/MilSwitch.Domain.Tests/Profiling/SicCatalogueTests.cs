using MilSwitch.Domain.Military;

namespace MilSwitch.Domain.Tests.Profiling;

public sealed class SicCatalogueTests
{
    [Fact]
    public void Describes_codes_and_codes_of_patterns()
    {
        var catalogue = SicCatalogue.Read("code,description\r\n# none\n\nKAA,Operations, general\nKB*,\"Says \"\"all\"\"\"\nL?A,Logistics\n", out var problems);
        Assert.Empty(problems);
        Assert.Equal(3, catalogue.Count);
        Assert.Equal("Operations, general", catalogue.Describe("kaa"));
        Assert.Equal("Says \"all\"", catalogue.Describe("KBX"));
        Assert.Equal("Logistics", catalogue.Describe("LZA"));
        Assert.Null(catalogue.Describe("LZB"));
    }

    [Theory]
    [InlineData("KAA", true)]
    [InlineData("K*", true)]
    [InlineData("?AA", null)]
    [InlineData("KB?", true)]
    [InlineData("KBAB", true)]
    [InlineData("KAB", false)]
    [InlineData("Z*", false)]
    [InlineData("LZ*", true)]
    public void Knows_patterns_with_a_code_that_exists(string text, bool? known)
    {
        var catalogue = SicCatalogue.Read("KAA,a\nKB*,b\nL?A,c", out _);
        Assert.Equal(known, SicPattern.TryParse(text, out var pattern) ? catalogue.Knows(pattern) : null);
    }

    [Fact]
    public void Names_the_line_of_each_problem()
    {
        SicCatalogue.Read("KAA,a\nKA,b\nKAB\nKAC,\nKAD,\"x\nkaa,c\nKAE,\"a\"b\"", out var problems);
        Assert.Equal([2, 3, 4, 5, 6, 7], problems.Select(p => p.Line));
    }
}
