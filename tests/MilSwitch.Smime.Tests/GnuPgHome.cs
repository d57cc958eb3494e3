namespace MilSwitch.Smime.Tests;

/// <summary>GnuPG with one key, and with an agent of its own, that ends with it.</summary>
internal sealed class GnuPgHome : IAsyncDisposable
{
    private const int Attempts = 6;

    private readonly string folder;
    private readonly string[] common;

    private GnuPgHome(string folder)
    {
        this.folder = folder;
        Home = Path.Combine(folder, "gnupg");
        common = ["--homedir", Home, "--batch", "--disable-dirmngr", "--pinentry-mode", "loopback", "--passphrase-fd", "0"];
    }

    public string Home { get; }

    /// <param name="folder">Of the test; what is named in arguments lies there.</param>
    /// <param name="pem">Key and certificate.</param>
    public static async Task<GnuPgHome> WithAsync(string folder, string pem)
    {
        var made = new GnuPgHome(folder);
        Directory.CreateDirectory(made.Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(folder, "key.pem"), pem);
        for (var attempt = 1; ; attempt++)
        {
            var (exported, text) = await EnvelopedMaterial.RunAsync("openssl", folder, "pkcs12", "-export", "-in", "key.pem", "-inkey", "key.pem", "-out", "key.p12", "-passout", "pass:secret", "-legacy");
            Assert.True(exported is 0, text);
            var (imported, error) = await made.RunAsync("--import", "key.p12");
            if (imported is 0) return made;
            // One file in sixty is beyond its reader of PKCS #12, again and again; another salt makes another file.
            Assert.True(attempt < Attempts && error.Contains("error parsing or decrypting the PKCS#12 file", StringComparison.Ordinal), error);
        }
    }

    public Task<(int ExitCode, string Error)> RunAsync(params string[] arguments) =>
        EnvelopedMaterial.RunAsync("sh", folder, ["-c", "echo secret | gpgsm \"$@\"", "gpgsm", .. common, .. arguments]);

    public async ValueTask DisposeAsync() => await EnvelopedMaterial.RunAsync("gpgconf", folder, "--homedir", Home, "--kill", "gpg-agent");
}
