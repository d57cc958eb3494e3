using System.Text;
using Xunit.Abstractions;

namespace MilSwitch.Testing;

/// <summary>Material made by others: beside the repository, or where MILSWITCH_VECTORS says.</summary>
public static class SharedVectors
{
    /// <summary>The files of a folder; none, and a line in the output, when the material is not there.</summary>
    public static string[] Files(string folder, string pattern, ITestOutputHelper output)
    {
        var path = Path.Combine(Root(), folder);
        if (Directory.Exists(path)) return Directory.GetFiles(path, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        output.WriteLine($"Skipped: no {folder} vectors.");
        return [];
    }

    /// <summary>As SMTP carries it: every line ends in CRLF, and no mailbox file's "From " line stands before the header.</summary>
    public static byte[] ReadMail(string file)
    {
        var text = Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(file)).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (text.StartsWith("From ", StringComparison.Ordinal)) text = text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        return Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal));
    }

    /// <summary>One file; null, and a line in the output, when it is not there.</summary>
    public static byte[]? File(string path, ITestOutputHelper output)
    {
        var full = Path.Combine(Root(), path);
        if (System.IO.File.Exists(full)) return System.IO.File.ReadAllBytes(full);
        output.WriteLine($"Skipped: no {path} among the vectors.");
        return null;
    }

    private static string Root() => Environment.GetEnvironmentVariable("MILSWITCH_VECTORS") ?? Path.Combine(Workspace.RepositoryRoot, "..", "shared", "vectors");
}
