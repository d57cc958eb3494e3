using System.Reflection;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>The runbooks of the documentation, out of the assembly: the watch has them where there is no network.</summary>
internal static class Runbooks
{
    private const string Prefix = "runbooks/";

    /// <summary>As it stands in the documentation; null: there is none of this name.</summary>
    public static string? Find(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Prefix}{name}.md");
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
