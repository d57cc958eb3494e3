using System.Collections.Immutable;
using MilSwitch.Host.Configuration;
using MilSwitch.Labels;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Demo;

/// <summary>The sample policies, which the program brings along: a nation, another one, and the coalition of both. Immutable.</summary>
internal sealed class DemoPolicies
{
    private const string Nation = "ALFA";
    private const string Codewords = "Codewords";

    private static readonly string[] Documents = ["alfa.xml", "bravo.xml", "coalition.xml"];

    private readonly string folder;

    /// <summary>Writes them into a new folder, where a switch can read them.</summary>
    public DemoPolicies(string folder)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder);
        var policies = new List<SecurityPolicy>();
        foreach (var name in Documents)
        {
            using var resource = typeof(DemoPolicies).Assembly.GetManifestResourceStream("policies/" + name)
                ?? throw new InvalidOperationException($"The program was built without the policy {name}.");
            using var octets = new MemoryStream();
            resource.CopyTo(octets);
            File.WriteAllBytes(Path.Combine(folder, name), octets.ToArray());
            policies.Add(PolicyFile.Read(octets.ToArray()));
        }

        Set = new PolicySet(policies);
    }

    public PolicySet Set { get; }

    /// <summary>The section <c>policies</c> of a configuration, on one line.</summary>
    public string Section => $"[{string.Join(", ", Documents.Select(d => Path.Combine(folder, d)))}]";

    /// <summary>A label of the nation.</summary>
    /// <param name="classification">By its name in the policy.</param>
    /// <param name="codeword">Likewise; null: none.</param>
    public SecurityLabel Label(string classification, string? codeword = null)
    {
        var policy = Set.Named(Nation)!;
        var categories = ImmutableArray<LabelCategory>.Empty;
        if (codeword is not null)
        {
            var set = policy.TagSets.Single(s => s.Name == Codewords);
            var tag = set.Tags.Single();
            categories = [new TagCategory(set.Id, tag.Type, [tag.Categories.Single(c => c.Name == codeword).Value]) { Syntax = policy.LabelSyntax }];
        }

        return new SecurityLabel { Policy = policy.Id, Classification = policy.Classification(classification)!.Value, Categories = categories };
    }
}
