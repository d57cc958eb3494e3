namespace MilSwitch.Architecture;

/// <summary>An arrow that is no project reference can't be crossed by accident: here is every arrow there is.</summary>
public sealed class ReferenceTests
{
    public static TheoryData<string, string[]> Arrows => new()
    {
        { "MilSwitch.Domain", [] },
        { "MilSwitch.Smtp", ["MilSwitch.Domain"] },
        { "MilSwitch.Mime", ["MilSwitch.Domain"] },
        { "MilSwitch.Labels", ["MilSwitch.Domain"] },
        { "MilSwitch.Smime", ["MilSwitch.Labels", "MilSwitch.Mime"] },
        { "MilSwitch.Checks", ["MilSwitch.Mime"] },
        { "MilSwitch.Acp127", ["MilSwitch.Mime"] },
        { "MilSwitch.Lookup", ["MilSwitch.Smime"] },
        { "MilSwitch.Storage", ["MilSwitch.Domain"] },
        { "MilSwitch.Storage.PostgreSql", ["MilSwitch.Storage"] },
        { "MilSwitch.Storage.Sqlite", ["MilSwitch.Storage"] },
        { "MilSwitch.Switching", ["MilSwitch.Domain", "MilSwitch.Labels", "MilSwitch.Mime", "MilSwitch.Smtp"] },
        { "MilSwitch.Dashboard", ["MilSwitch.Domain"] },
        { "MilSwitch.Host", ["MilSwitch.Acp127", "MilSwitch.Checks", "MilSwitch.Dashboard", "MilSwitch.Labels", "MilSwitch.Lookup", "MilSwitch.Smime", "MilSwitch.Storage.PostgreSql", "MilSwitch.Storage.Sqlite", "MilSwitch.Switching"] },
    };

    /// <summary>Packages by the beginning of their names, and the only projects that may use them.</summary>
    public static TheoryData<string, string[]> Fences => new()
    {
        { "Akka", ["MilSwitch.Switching", "MilSwitch.Host"] },
        { "Microsoft.Data.Sqlite", ["MilSwitch.Storage", "MilSwitch.Storage.Sqlite"] },
        { "Npgsql", ["MilSwitch.Storage.PostgreSql"] },
        { "SQLitePCL", ["MilSwitch.Storage", "MilSwitch.Storage.Sqlite"] },
        { "dbup", ["MilSwitch.Storage", "MilSwitch.Storage.Sqlite"] },
        { "MimeKit", ["MilSwitch.Mime", "MilSwitch.Host"] },
        { "MailKit", ["MilSwitch.Mime", "MilSwitch.Host"] },
        { "BouncyCastle", ["MilSwitch.Smime"] },
        { "Pkcs11Interop", ["MilSwitch.Smime"] },
        { "System.Security.Cryptography.Xml", ["MilSwitch.Smime"] },
        { "DnsClient", ["MilSwitch.Smtp", "MilSwitch.Lookup"] },
        { "Microsoft.AspNetCore", ["MilSwitch.Smtp", "MilSwitch.Dashboard", "MilSwitch.Host"] },
        { "System.CommandLine", ["MilSwitch.Host"] },
        { "YamlDotNet", ["MilSwitch.Host"] },
        { "prometheus-net", ["MilSwitch.Host"] },
        { "Prometheus", ["MilSwitch.Host"] },
    };

    [Fact]
    public void Every_project_is_in_the_list_of_arrows() =>
        Assert.Equal(Arrows.Select(a => (string)((object[])a)[0]).Order(StringComparer.Ordinal), Repository.Products);

    [Theory]
    [MemberData(nameof(Arrows))]
    public void Projects_refer_to_each_other_along_the_arrows_only(string project, string[] allowed) =>
        Assert.Equal(allowed, Repository.ProjectReferences(project));

    [Theory]
    [MemberData(nameof(Arrows))]
    public void No_assembly_uses_another_that_its_arrows_do_not_reach(string project, string[] allowed)
    {
        var reachable = new HashSet<string>(StringComparer.Ordinal);
        foreach (var direct in allowed) Reach(direct);
        var used = Repository.Assembly(project).GetReferencedAssemblies().Select(r => r.Name!).Where(n => n.StartsWith("MilSwitch.", StringComparison.Ordinal));
        Assert.Empty(used.Except(reachable));

        void Reach(string name)
        {
            if (!reachable.Add(name)) return;
            foreach (var next in Repository.ProjectReferences(name)) Reach(next);
        }
    }

    [Fact]
    public void Domain_has_no_packages() => Assert.Empty(Repository.Packages("MilSwitch.Domain"));

    [Theory]
    [MemberData(nameof(Fences))]
    public void Packages_stay_within_their_fence(string package, string[] allowed)
    {
        foreach (var product in Repository.Products.Except(allowed))
        {
            Assert.DoesNotContain(Repository.Packages(product), p => p.StartsWith(package, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(Repository.Assembly(product).GetReferencedAssemblies(), r => r.Name!.StartsWith(package, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void No_product_refers_to_a_test()
    {
        foreach (var product in Repository.Products)
            Assert.All(Repository.Project(product).Descendants("ProjectReference"), r => Assert.DoesNotContain("tests/", r.Attribute("Include")!.Value, StringComparison.Ordinal));
    }
}
