using System.Security.Cryptography;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Host.Commands;

/// <summary>
/// Reads the private keys that options name: files in PEM, DER or PKCS #12, and keys on tokens by <c>pkcs11:</c> URI. A fault
/// names the option and the file. Its owner disposes of it, and with it of all the keys.
/// </summary>
internal sealed class KeySource(CommandEnvironment environment, string? passwordFile, string? pinFile = null) : IDisposable
{
    private readonly Lazy<string?> password = new(() => passwordFile is null ? null : CertificateSource.ReadPassword(passwordFile));
    private readonly List<IDisposable> owned = [];

    /// <summary>Where the keys on tokens come from.</summary>
    public TokenSource Tokens { get; } = new(pinFile);

    /// <summary>The password of <c>--password-file</c>; null: none is named.</summary>
    public string? Password => password.Value;

    /// <summary>The key that signs.</summary>
    /// <param name="option">For faults.</param>
    /// <param name="text">A file, or a <c>pkcs11:</c> URI.</param>
    /// <param name="certificate">The key's certificate, DER, when it doesn't stand beside the key.</param>
    /// <param name="choice">What the key leaves open.</param>
    /// <returns>The key, and the certificates that go with it.</returns>
    public (ISigningKey Key, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadSigningKey(
        string option, string text, ReadOnlyMemory<byte> certificate = default, SigningChoice? choice = null)
    {
        if (Pkcs11Uri.Is(text)) return Tokens.ReadKey(option, TokenSource.Parse(option, text), certificate, choice);
        using var file = ReadFile(option, text);
        if (file.Keys.Count is 0) throw Fault(option, text, "no private key in it");
        IReadOnlyList<ReadOnlyMemory<byte>> certificates = certificate.IsEmpty ? file.Certificates : [certificate, .. file.Certificates];
        CmsFormatException? last = null;
        foreach (var (key, own) in file.SigningPairs(certificates))
        {
            try
            {
                var signing = SoftwareSigningKey.Create(key.Pkcs8, own, choice);
                owned.Add(signing);
                return (signing, certificates);
            }
            catch (CmsFormatException fault)
            {
                // A key for encryption may stand beside it.
                last = fault;
            }
        }

        throw Fault(option, text, last?.Message ?? (certificates.Count is 0 ? "no certificate of the key in it" : "none of the certificates is the key's"));
    }

    /// <summary>The keys that decrypt. A key may stand in one file and its certificate in another.</summary>
    /// <param name="option">For faults.</param>
    /// <param name="paths">Files, folders of them, and <c>pkcs11:</c> URIs.</param>
    /// <param name="certificates">Further certificates, DER, in which a key may find its own.</param>
    public IReadOnlyList<IDecryptionKey> ReadDecryptionKeys(string option, IEnumerable<string> paths, IEnumerable<ReadOnlyMemory<byte>>? certificates = null)
    {
        var found = new List<IDecryptionKey>();
        var files = new List<(string Name, KeyFile File)>();
        var asked = false;
        try
        {
            foreach (var path in paths)
            {
                asked = true;
                if (Pkcs11Uri.Is(path)) found.Add(Tokens.ReadKey(option, TokenSource.Parse(option, path), default, choice: null).Key);
                else if (Directory.Exists(path)) files.AddRange(ReadFolder(option, path));
                else files.Add((path, ReadFile(option, path)));
            }

            ReadOnlyMemory<byte>[] all = [.. files.SelectMany(f => f.File.Certificates).Concat(certificates ?? []).DistinctBy(c => Convert.ToHexString(c.Span))];
            var known = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (name, file) in files)
            {
                // The same key may lie in several files.
                foreach (var key in file.Keys.Where(k => k.PublicKey.IsEmpty || known.Add(Convert.ToHexString(k.PublicKey.Span))))
                {
                    var own = key.FindCertificates(all).ToArray();
                    if (own.Length is 0) environment.Error.WriteLine($"milswitch: {option}: {Text.Printable(name)}: left out: a key without its certificate");
                    else Add(FromKey(key, own, name), name);
                }
            }
        }
        finally
        {
            foreach (var (_, file) in files) file.Dispose();
        }

        return found.Count > 0 || !asked ? found : throw new CommandFault(ExitCodes.NotFound, $"{option}: no key that decrypts, with its certificate, is there");

        IReadOnlyList<SoftwareDecryptionKey> FromKey(SoftwareKey key, ReadOnlyMemory<byte>[] own, string name)
        {
            try
            {
                return SoftwareDecryptionKey.FromKeys([key], own);
            }
            catch (CryptographicException fault)
            {
                throw Fault(option, name, fault.Message);
            }
        }

        void Add(IReadOnlyList<SoftwareDecryptionKey> keys, string name)
        {
            owned.AddRange(keys);
            found.AddRange(keys);
            if (keys.Count is 0) environment.Error.WriteLine($"milswitch: {option}: {Text.Printable(name)}: left out: a key that does not decrypt");
        }
    }

    /// <summary>A key file as it is. The caller disposes of it.</summary>
    public KeyFile ReadFile(string option, string name)
    {
        var octets = CertificateSource.ReadFile(option, name);
        try
        {
            return KeyFile.Read(octets, password.Value);
        }
        catch (CmsFormatException fault)
        {
            throw Fault(option, name, fault.Message + (fault.Message.EndsWith("a password", StringComparison.Ordinal) ? ": --password-file" : ""));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(octets);
        }
    }

    public void Dispose()
    {
        Tokens.Dispose();
        foreach (var key in owned) key.Dispose();
    }

    private List<(string Name, KeyFile File)> ReadFolder(string option, string folder)
    {
        var names = Directory.GetFiles(folder).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal).ToArray();
        if (names.Length > CertificateSource.MostFiles) throw Fault(option, folder, $"more than {CertificateSource.MostFiles} files");
        var files = new List<(string, KeyFile)>();
        foreach (var name in names)
        {
            try
            {
                files.Add((name, ReadFile(option, name)));
            }
            catch (CommandFault fault)
            {
                // Folders hold other people's keys, and things that are none.
                environment.Error.WriteLine("milswitch: left out: " + Text.Printable(fault.Message));
            }
        }

        return files;
    }

    private static CommandFault Fault(string option, string file, string what) => new(ExitCodes.NotFound, $"{option}: {file}: {what}");
}
