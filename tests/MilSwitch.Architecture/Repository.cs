using System.Reflection;
using System.Xml.Linq;

namespace MilSwitch.Architecture;

/// <summary>The tree these tests judge: its projects, its files, the assemblies built from it.</summary>
internal static class Repository
{
    private static readonly string[] Generated = ["bin", "obj", ".git", ".vs", ".idea", "TestResults", "BenchmarkDotNet.Artifacts", "artifacts"];

    public static string Root { get; } = FindRoot();

    /// <summary>Names of the projects under <c>src</c>.</summary>
    public static IReadOnlyList<string> Products { get; } = [.. Directory.GetDirectories(Path.Combine(Root, "src")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    /// <summary>Every project file, by its path below the root.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Files("*.csproj").Where(f => f.StartsWith("src/", StringComparison.Ordinal) || f.StartsWith("tests/", StringComparison.Ordinal))];

    public static XDocument Project(string product) => XDocument.Load(Path.Combine(Root, "src", product, product + ".csproj"));

    public static string[] ProjectReferences(string product) =>
        [.. Project(product).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)).Order(StringComparer.Ordinal)];

    public static string[] Packages(string product) =>
        [.. Project(product).Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value).Order(StringComparer.Ordinal)];

    public static Assembly Assembly(string product) => System.Reflection.Assembly.Load(product == "MilSwitch.Host" ? "milswitch" : product);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Files below the root that a person wrote, with forward slashes.</summary>
    public static IEnumerable<string> Files(string pattern) => Files(new DirectoryInfo(Root), pattern).Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'));

    private static IEnumerable<string> Files(DirectoryInfo folder, string pattern)
    {
        // In a work tree .git is a file.
        foreach (var file in folder.EnumerateFiles(pattern)) if (!Generated.Contains(file.Name)) yield return file.FullName;
        foreach (var inner in folder.EnumerateDirectories())
        {
            if (Generated.Contains(inner.Name) || inner.LinkTarget is not null) continue;
            foreach (var file in Files(inner, pattern)) yield return file;
        }
    }

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "MilSwitch.sln"))) return folder;
        }

        throw new InvalidOperationException("MilSwitch.sln is not above the tests.");
    }
}
