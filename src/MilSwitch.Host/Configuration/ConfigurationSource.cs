using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Host.Configuration;

/// <summary>One file under reading: its name, its folder and the common list of problems.</summary>
internal sealed class ConfigurationSource(string file, List<ConfigurationProblem> problems, Func<string, string?>? variables = null)
{
    private const int MaximumSecretOctets = 4096;

    public string File => file;

    /// <summary>What relative paths in the file are relative to.</summary>
    public string Folder { get; } = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";

    public void Reject(int line, string key, string text) => problems.Add(new ConfigurationProblem(file, line, key, text));

    /// <summary>A variable of the environment; null when there is none of this name.</summary>
    public string? Variable(string name) => (variables ?? Environment.GetEnvironmentVariable)(name);

    public string FullPath(string text) => Path.GetFullPath(text, Folder);

    /// <summary>A source for a file that this one names, as it would be named from where the operator stands.</summary>
    public ConfigurationSource Beside(string text) =>
        new(Path.IsPathRooted(text) ? text : Path.Combine(Path.GetDirectoryName(file) ?? "", text), problems, variables);

    public TimeSpan? Duration(int line, string key, string text, TimeSpan lowest, TimeSpan highest)
    {
        if (!Notation.TryReadDuration(text, out var value)) Reject(line, key, $"'{text}' is not a time such as 30s, 5m, 1h30m or 3d");
        else if (value < lowest || value > highest) Reject(line, key, $"'{text}' is outside {Notation.Write(lowest)} to {Notation.Write(highest)}");
        else return value;
        return null;
    }

    public string? ReadableFile(int line, string key, string text)
    {
        var path = FullPath(text);
        try
        {
            using var stream = System.IO.File.OpenRead(path);
            return path;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Reject(line, key, Reason(text, fault));
            return null;
        }
    }

    /// <summary>The first line of the file that <c>{ file: PATH }</c> names; the value itself appears in no problem.</summary>
    public string? SecretFile(Section section)
    {
        var text = section.RequiredText("file");
        section.Finish();
        if (text is null) return null;
        var key = section.PathOf("file");
        var line = section.LineOf("file");
        if (ReadableFile(line, key, text) is not { } path || !IsPrivate(line, key, text, path)) return null;
        if (new FileInfo(path).Length > MaximumSecretOctets)
        {
            Reject(line, key, $"'{text}' is too long for a secret");
            return null;
        }

        var secret = System.IO.File.ReadAllText(path).TrimEnd('\r', '\n');
        if (secret.Length > 0 && !secret.AsSpan().ContainsAny('\r', '\n')) return secret;
        Reject(line, key, $"'{text}' must hold one line");
        return null;
    }

    /// <summary>Full path of a file that this user can read and others can't; null when the key is absent or there is no such file.</summary>
    public string? PrivateFile(Section section, string name) =>
        section.File(name) is { } path && IsPrivate(section.LineOf(name), section.PathOf(name), section.Text(name)!, path) ? path : null;

    /// <summary>A certificate with its key from two PEM files (or one that holds both).</summary>
    public X509Certificate2? Certificate(Section section)
    {
        var certificate = section.File("certificate");
        var key = section.File("key");
        if (section.Has("key") && !section.Has("certificate")) section.Reject("key", "needs a certificate");
        if (certificate is null || (section.Has("key") && key is null)) return null;
        var keyName = section.Has("key") ? "key" : "certificate";
        if (!IsPrivate(section.LineOf(keyName), section.PathOf(keyName), section.Text(keyName)!, key ?? certificate)) return null;
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            section.Reject(keyName, "no certificate with its private key in PEM could be read");
            return null;
        }
    }

    public X509Certificate2Collection Anchors(Section section, string name)
    {
        var anchors = new X509Certificate2Collection();
        if (section.File(name) is not { } path) return anchors;
        try
        {
            anchors.ImportFromPemFile(path);
        }
        catch (CryptographicException)
        {
            section.Reject(name, "is not a file of certificates in PEM");
            return anchors;
        }

        if (anchors.Count == 0) section.Reject(name, "holds no certificate");
        return anchors;
    }

    private bool IsPrivate(int line, string key, string text, string path)
    {
        if (OperatingSystem.IsWindows() || (System.IO.File.GetUnixFileMode(path) & UnixFileMode.OtherRead) == 0) return true;
        Reject(line, key, $"'{text}' can be read by everyone on this machine; take that right away (chmod o= {text})");
        return false;
    }

    public static string Reason(string text, Exception fault) => fault switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"'{text}' does not exist",
        UnauthorizedAccessException when Directory.Exists(text) => $"'{text}' is a folder",
        UnauthorizedAccessException => $"'{text}' may not be read by this user",
        _ => $"'{text}' can't be read",
    };
}
