namespace MilSwitch.Testing;

/// <summary>What a test needs from the machine it runs on.</summary>
public static class Requirement
{
    /// <summary>The account may mount file systems and start other people's daemons.</summary>
    public const string Root = "root";

    /// <summary>Null when everything is there, else one printable line that names what is missing.</summary>
    /// <param name="needs">Programs by name, or <see cref="Root"/>.</param>
    public static string? Missing(params string[] needs)
    {
        var missing = needs.Where(n => n == Root ? Environment.UserName != "root" : Find(n) is null).ToArray();
        return missing.Length is 0 ? null : $"needs {string.Join(", ", missing)}, which this machine lacks";
    }

    /// <summary>Full path of a program, also of those that only root has on its path; null when it is not installed.</summary>
    public static string? Find(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Concat(["/usr/sbin", "/sbin", "/usr/bin", "/bin"]).Concat(PostgreSqlInstance.ProgramFolders)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }
}

/// <summary>A test that is skipped, with the reason printed, where a program is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresFactAttribute : FactAttribute
{
    public RequiresFactAttribute(params string[] needs)
    {
        Needs = needs;
        Skip = Requirement.Missing(needs);
    }

    public IReadOnlyList<string> Needs { get; }
}

/// <inheritdoc cref="RequiresFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresTheoryAttribute : TheoryAttribute
{
    public RequiresTheoryAttribute(params string[] needs)
    {
        Needs = needs;
        Skip = Requirement.Missing(needs);
    }

    public IReadOnlyList<string> Needs { get; }
}
