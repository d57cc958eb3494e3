using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Tokens;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Tokens;

/// <summary>Functions of a PKCS#11 module by their place in its list.</summary>
public enum ModuleCall
{
    Initialize = 0,
    Finalize = 1,
    GetTokenInfo = 6,
    GetMechanismList = 7,
    OpenSession = 12,
    Login = 18,
    FindObjectsInit = 26,
    Decrypt = 34,
    Sign = 43,
    DeriveKey = 62,
}

/// <summary>
/// A SoftHSM of one test, with tokens, settings and a copy of the module of its own, behind a module of ours that misbehaves
/// to order (Faults/module.c).
/// </summary>
internal sealed class SoftHsm : IDisposable
{
    public const string Program = "softhsm2-util";
    public const string Pin = "PIN-CANARY-7f3a";

    private static readonly Lazy<string> Shim = new(Compile);

    private readonly Workspace workspace = new("softhsm");
    private readonly string settings;
    private readonly nint shim;

    public SoftHsm()
    {
        settings = workspace["softhsm2.conf"];
        Directory.CreateDirectory(workspace["tokens"]);
        File.WriteAllText(settings, $"directories.tokendir = {workspace["tokens"]}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n");
        Module = workspace["module.so"];
        var real = workspace["softhsm2.so"];
        File.Copy(Shim.Value, Module);
        File.Copy(File.ResolveLinkTarget("/usr/lib/softhsm/libsofthsm2.so", returnFinalTarget: true)?.FullName ?? "/usr/lib/softhsm/libsofthsm2.so", real);
        PinFile = workspace["pin"];
        WritePin(PinFile, Pin);
        shim = NativeLibrary.Load(Module);
        Marshal.GetDelegateForFunctionPointer<SetModule>(NativeLibrary.GetExport(shim, "set_module"))(real, settings);
    }

    private delegate void SetModule(string path, string configuration);

    private delegate void SetAnswer(int function, ulong value, long count);

    private delegate void SetDelay(int function, long milliseconds);

    private delegate void SetHeld(int function, int on);

    private delegate void Release(int function, int count);

    private delegate void SetTokenFlags(ulong flags);

    private delegate long CountCalls(int function);

    private delegate int CountWithin();

    public string Module { get; }

    public string PinFile { get; }

    public string TokenFolder => workspace["tokens"];

    public string Folder => workspace.Folder;

    public static void WritePin(string file, string pin)
    {
        File.WriteAllText(file, pin + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void AddToken(string label) => Run("--init-token", "--free", "--label", label, "--pin", Pin, "--so-pin", "so-" + Pin);

    /// <summary>Puts a key there, with its public half.</summary>
    public void Import(string token, string label, AsymmetricAlgorithm key)
    {
        var file = workspace[$"{Guid.NewGuid():N}.pem"];
        File.WriteAllText(file, key.ExportPkcs8PrivateKeyPem());
        Run("--import", file, "--token", token, "--label", label, "--id", Convert.ToHexString(RandomNumberGenerator.GetBytes(8)), "--pin", Pin);
        File.Delete(file);
    }

    public TokenOptions Options(string token, params string[] labels) => new()
    {
        Name = token, Library = Module, Label = token, PinFile = PinFile, Keys = [.. labels.Select(l => new TokenKeyOptions(l, KeyRole.DomainSigning))],
        Deadline = TimeSpan.FromSeconds(20), PollInterval = TimeSpan.FromMilliseconds(300), ReinitialiseInterval = TimeSpan.FromMilliseconds(300),
    };

    /// <summary>The next calls are answered so, and don't reach the token.</summary>
    public void Answer(ModuleCall call, Net.Pkcs11Interop.Common.CKR with, long times = long.MaxValue) =>
        Export<SetAnswer>("set_answer")((int)call, (ulong)with, times);

    public void Delay(ModuleCall call, TimeSpan by) => Export<SetDelay>("set_delay")((int)call, (long)by.TotalMilliseconds);

    /// <summary>Calls don't return until they are let go.</summary>
    public void Hold(ModuleCall call, bool on = true) => Export<SetHeld>("set_held")((int)call, on ? 1 : 0);

    /// <summary>So many of the calls that are held, or of the next ones, go on.</summary>
    public void LetGo(ModuleCall call, int count) => Export<Release>("let_go")((int)call, count);

    /// <summary>Every token says these of itself, whatever it is.</summary>
    public void Claim(ulong flags) => Export<SetTokenFlags>("set_token_flags")(flags);

    public long Calls(ModuleCall call) => Export<CountCalls>("count_calls")((int)call);

    /// <summary>Calls that are delayed or held.</summary>
    public int Within => Export<CountWithin>("count_within")();

    public static byte[] Certify(RSA key) =>
        new CertificateRequest("CN=token", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90)).Export(X509ContentType.Cert);

    public static byte[] Certify(ECDsa key) =>
        new CertificateRequest("CN=token", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90)).Export(X509ContentType.Cert);

    /// <summary>For a key whose private half nobody here has.</summary>
    public static byte[] Certify(byte[] subjectPublicKeyInfo)
    {
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName("CN=token"), PublicKey.CreateFromSubjectPublicKeyInfo(subjectPublicKeyInfo, out _), HashAlgorithmName.SHA256);
        using var certificate = request.Create(
            new X500DistinguishedName("CN=issuer"), X509SignatureGenerator.CreateForECDsa(issuer), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90), [1]);
        return certificate.Export(X509ContentType.Cert);
    }

    public void Dispose()
    {
        foreach (var call in Enum.GetValues<ModuleCall>())
        {
            Hold(call, on: false);
            Delay(call, TimeSpan.Zero);
        }

        workspace.Dispose();
    }

    private T Export<T>(string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(shim, name));

    private void Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Requirement.Find(Program)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SOFTHSM2_CONF"] = settings;
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0, said);
    }

    private static string Compile()
    {
        var source = Path.Combine(Workspace.RepositoryRoot, "tests/MilSwitch.Smime.Tests/Tokens/Faults/module.c");
        var library = Path.Combine(AppContext.BaseDirectory, "module.so");
        var made = library + "." + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        using var compiler = Process.Start(Requirement.Find(FaultyDevice.Compiler)!, ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", made, source]);
        compiler.WaitForExit();
        if (compiler.ExitCode != 0) throw new InvalidOperationException($"{source} could not be compiled.");
        File.Move(made, library, overwrite: true);
        return library;
    }
}
