using System.Security.Cryptography;
using System.Text;
using MilSwitch.Host.Telemetry;

namespace MilSwitch.Host.Configuration;

/// <summary>One file of the settings at a moment.</summary>
/// <param name="Name">As the configuration names it.</param>
/// <param name="Digest">SHA-256 of what it holds, in hexadecimal.</param>
/// <param name="Octets">Its size.</param>
/// <param name="Text">Without secrets; null: it is no text, or too large to be kept.</param>
internal sealed record SettingsFileText(string Name, string Digest, long Octets, string? Text);

/// <summary>
/// Reads the files by which a node is set up, as others may see them: the configuration without secrets and comments, and what
/// it names that is a matter of policy. Keys, certificates, credentials and lists of words are never read.
/// </summary>
internal static class SettingsFiles
{
    private const int MostFiles = 100;
    private const int MostOctets = 16 << 20;
    private const int MostText = 256 << 10;
    private const int MostTextInAll = 512 << 10;

    /// <summary>The configuration first.</summary>
    /// <param name="file">The configuration.</param>
    /// <param name="shared">What the nodes of a cluster share; null: the file says everything.</param>
    public static IReadOnlyList<SettingsFileText> Read(string file, SharedSettings? shared)
    {
        var files = new List<SettingsFileText>();
        var left = MostTextInAll;
        Add(file, OctetsOf(file), () => ConfigurationExtract.Of(file));
        if (shared is not null) Add(shared.Name, Encoding.UTF8.GetBytes(shared.Text), () => ConfigurationExtract.OfText(shared.Text, shared.Name));
        var folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";
        foreach (var name in Named(file, shared, folder).Distinct(StringComparer.Ordinal).Take(MostFiles))
        {
            var octets = OctetsOf(Path.GetFullPath(name, folder));
            Add(name, octets, () => octets is null ? null : Masked(octets));
        }

        return files;

        void Add(string name, byte[]? octets, Func<string?> read)
        {
            if (octets is null) return;
            var text = octets.Length <= MostText ? read() : null;
            if (text?.Length > left) text = null;
            left -= text?.Length ?? 0;
            files.Add(new SettingsFileText(name, Convert.ToHexStringLower(SHA256.HashData(octets)), octets.Length, text));
        }
    }

    private static IEnumerable<string> Named(string file, SharedSettings? shared, string folder)
    {
        foreach (var root in new[] { Parse(file, null), shared is null ? null : Parse(shared.Name, shared.Text) }.OfType<YamlMap>())
        {
            foreach (var policy in Items(Find(root, "labels"), "policies"))
            {
                if ((TextOf(policy) ?? TextOf(Find(policy, "file"))) is not { } name) continue;
                foreach (var one in FilesOf(name, folder)) yield return one;
            }

            if (TextOf(Find(Find(root, "profiling"), "plans")) is { } plans) yield return plans;
            if (TextOf(Find(Find(root, "precedence"), "file")) is { } table) yield return table;
            if (TextOf(Find(Find(root, "acp127"), "directory")) is { } directory) yield return directory;
            foreach (var list in Items(root, "lists"))
            {
                if (TextOf(Find(list, "members-file")) is { } members) yield return members;
            }
        }
    }

    // A policy may be a folder of them.
    private static IEnumerable<string> FilesOf(string name, string folder)
    {
        var full = Path.GetFullPath(name, folder);
        return Directory.Exists(full) ? Directory.EnumerateFiles(full).Where(f => Path.GetExtension(f).ToUpperInvariant() is ".XML" or ".SPIF" or ".DER").Order(StringComparer.Ordinal) : [name];
    }

    private static YamlMap? Parse(string file, string? text)
    {
        try
        {
            using TextReader reader = text is null ? new StreamReader(file) : new StringReader(text);
            return new YamlDocumentReader(file, []).Read(reader);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static YamlNode? Find(YamlNode? node, string key) => (node as YamlMap)?.Entries.FirstOrDefault(e => e.Key == key)?.Value;

    private static IReadOnlyList<YamlNode> Items(YamlNode? node, string key) => Find(node, key) is YamlList list ? list.Items : [];

    private static string? TextOf(YamlNode? node) => node is YamlText { IsNull: false, Value.Length: > 0 } text ? text.Value : null;

    private static byte[]? OctetsOf(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MostOctets } ? File.ReadAllBytes(path) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // A policy in ASN.1 is no text.
    private static string? Masked(byte[] octets)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(octets);
            return text.Contains('\0', StringComparison.Ordinal)
                ? null
                : string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(l => Redaction.LooksSecret(l.Trim()) ? Redaction.Removed : l));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
