using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Host.Commands;

/// <summary>Reads the certificate files that options name; a fault names the option and the file.</summary>
internal sealed class CertificateSource(CommandEnvironment environment, string? passwordFile)
{
    internal const int MostFiles = 10_000;
    private readonly Lazy<string?> password = new(() => passwordFile is null ? null : ReadPassword(passwordFile));

    /// <summary>The certificate that is asked about, and those that stand beside it in its file.</summary>
    public (Certificate Certificate, IReadOnlyList<Certificate> Others) ReadOne(string file)
    {
        var octets = file == "-" ? ReadInput() : ReadFile("CERT", file);
        var contents = Parse("CERT", file, octets);
        // A PKCS#12 file or a bundle brings the chain in any order.
        var target = contents.Certificates.FirstOrDefault(c => !c.IsAuthority) ?? contents.Certificates.FirstOrDefault()
            ?? throw new CommandFault(ExitCodes.NotFound, $"CERT: {file}: no certificate in it{(passwordFile is null ? ", or none without a password" : "")}");
        return (target, [.. contents.Certificates.Where(c => !ReferenceEquals(c, target))]);
    }

    /// <summary>All files of an option, and of the folders that it names.</summary>
    public IReadOnlyList<CertificateFileContents> ReadAll(string option, string[]? paths)
    {
        var all = new List<CertificateFileContents>();
        foreach (var path in paths ?? [])
        {
            if (!Directory.Exists(path))
            {
                all.Add(Parse(option, path, ReadFile(option, path)));
                continue;
            }

            var files = Directory.GetFiles(path).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal).ToArray();
            if (files.Length > MostFiles) throw new CommandFault(ExitCodes.NotFound, $"{option}: {path}: more than {MostFiles} files");
            foreach (var file in files)
            {
                try
                {
                    all.Add(Parse(option, file, ReadFile(option, file)));
                }
                catch (CommandFault fault) when (Path.GetExtension(file).ToUpperInvariant() is not (".CRT" or ".CER" or ".DER" or ".PEM" or ".CRL" or ".P7B" or ".P7C" or ".P12" or ".PFX"))
                {
                    // Folders hold other things as well; only a file that calls itself one of ours must be one.
                    environment.Error.WriteLine("milswitch: left out: " + Text.Printable(fault.Message));
                }
            }
        }

        return all;
    }

    private CertificateFileContents Parse(string option, string file, byte[] octets)
    {
        try
        {
            return CertificateFile.Read(octets, password.Value);
        }
        catch (CmsFormatException fault)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{option}: {file}: {fault.Message}");
        }
    }

    internal static byte[] ReadFile(string option, string file)
    {
        try
        {
            var length = new FileInfo(file).Length;
            if (length > CertificateFile.MostOctets) throw new CommandFault(ExitCodes.NotFound, $"{option}: {file}: too large");
            return File.ReadAllBytes(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{option}: {file}: {(File.Exists(file) ? "can't be read" : "no such file")}");
        }
    }

    internal static string ReadPassword(string file) => System.Text.Encoding.UTF8.GetString(ReadFile("--password-file", file)).TrimEnd('\r', '\n');

    // Standard input is text here: PEM or base64.
    private byte[] ReadInput() => System.Text.Encoding.Latin1.GetBytes(environment.Input.ReadToEnd());
}
