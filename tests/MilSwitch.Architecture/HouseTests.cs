using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MilSwitch.Architecture;

/// <summary>Rules of the house that a compiler does not know.</summary>
public sealed partial class HouseTests
{
    /// <summary>Public classes that others may derive from, each with its reason.</summary>
    private static readonly Dictionary<string, string> Open = new(StringComparer.Ordinal);

    private static readonly string[] VagueWords = ["Helper", "Util", "Common", "Manager"];

    [Fact]
    public void No_type_has_a_name_that_attracts_what_nobody_wants_to_name()
    {
        var vague = Repository.Products.SelectMany(p => Repository.Assembly(p).GetTypes()).Where(IsOurs)
            .Where(t => VagueWords.Any(w => t.Name.Contains(w, StringComparison.Ordinal)) || VagueWords.Any(w => t.Namespace?.Contains(w, StringComparison.Ordinal) == true));
        Assert.Empty(vague.Select(t => t.FullName));
    }

    [Fact]
    public void Public_classes_are_sealed_static_or_abstract()
    {
        var open = Repository.Products.SelectMany(p => Repository.Assembly(p).GetExportedTypes())
            .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && IsOurs(t) && !IsComponent(t)).Select(t => t.FullName!);
        Assert.Empty(open.Except(Open.Keys));
    }

    // The compiler of .razor files writes them open.
    private static bool IsComponent(Type type) => type.Name is "_Imports" || type.BaseType is { } parent && (parent.FullName is "Microsoft.AspNetCore.Components.ComponentBase" || IsComponent(parent));

    [Fact]
    public void Async_methods_take_the_cancellation_token_last()
    {
        var wrong = Repository.Products.SelectMany(p => Repository.Assembly(p).GetExportedTypes()).Where(t => IsOurs(t) && !typeof(Delegate).IsAssignableFrom(t))
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            // The session's two tokens say different things; both stand at the end.
            .Where(m => m.GetParameters().SkipWhile(p => p.ParameterType != typeof(CancellationToken)).Any(p => p.ParameterType != typeof(CancellationToken)))
            .Select(m => $"{m.DeclaringType}.{m.Name}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Versions_are_pinned_in_one_place()
    {
        foreach (var project in Repository.Projects)
        {
            foreach (var reference in XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("PackageReference"))
            {
                Assert.True(reference.Attribute("Version") is null && reference.Attribute("VersionOverride") is null && !reference.Elements().Any(e => e.Name.LocalName.StartsWith("Version", StringComparison.Ordinal)),
                    $"{project} gives {reference.Attribute("Include")?.Value} a version of its own");
            }
        }

        foreach (var pinned in XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion"))
            Assert.Matches(ExactVersion(), pinned.Attribute("Version")!.Value);
    }

    [Fact]
    public void Every_project_has_its_lock_file_and_is_in_the_solution()
    {
        var solution = Repository.Read("MilSwitch.sln").Replace('\\', '/');
        Assert.NotEmpty(Repository.Projects);
        foreach (var project in Repository.Projects)
        {
            Assert.True(File.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(project)!, "packages.lock.json")), $"{project} has no packages.lock.json");
            Assert.Contains(project, solution, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_file_names_a_package_registry_or_a_path_of_one_machine()
    {
        // Put together here, so that this file does not find itself.
        string[] hosts = ["nuget" + ".org", "npmjs" + ".com", "npmjs" + ".org", "pypi" + ".org", "deb.debian" + ".org", "jfrog" + ".io", "pkgs.dev" + ".azure"];
        var homes = new Regex(@"(?<![\w.~$}*-])/(" + "work|" + "home|" + @"root|Users)/[\w.]", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        var found = new List<string>();
        foreach (var path in Repository.Files("*"))
        {
            var file = new FileInfo(Path.Combine(Repository.Root, path));
            if (file.Length > 4 << 20) continue;
            var text = File.ReadAllText(file.FullName);
            if (text.Contains('\0', StringComparison.Ordinal)) continue;
            found.AddRange(hosts.Where(h => text.Contains(h, StringComparison.OrdinalIgnoreCase)).Select(h => $"{path}: {h}"));
            found.AddRange(homes.Matches(text).Take(3).Select(m => $"{path}: {m.Value}"));
        }

        Assert.Empty(found);
    }

    private static bool IsOurs(Type type) =>
        type.GetCustomAttribute<CompilerGeneratedAttribute>() is null && type.Namespace?.StartsWith("MilSwitch", StringComparison.Ordinal) == true;

    [GeneratedRegex(@"^\d+(\.\d+){2,3}$")]
    private static partial Regex ExactVersion();
}
