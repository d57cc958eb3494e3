using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>Every object and message that others made, with one octet changed: never another exception, never more believed than before.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-11")]
[Trait("Threat", "C4")]
[Trait("Threat", "C6")]
public sealed class VectorMutationTests(ITestOutputHelper output)
{
    public static TheoryData<string> Objects => Named(
        ("rfc4134", [".bin"]), ("ess", [".der"]),
        ("comm-central", [".SHA256", ".opaque", ".env", ".multipart"]));

    public static TheoryData<string> Messages => Named(("rfc4134", [".eml"]), ("comm-central", [".eml"]), ("header-protection", [".eml", ".payload"]), ("mail", [".eml"]), ("dsn", [".eml"]));

    public static TheoryData<string> Files => Named(("rfc4134", [".cer", ".crl"]), ("rfc9216", [".pem"]), ("comm-central", [".pem"]));

    public static TheoryData<string> KeyFiles => Named(("rfc4134", [".pri"]), ("rfc9216", [".p12", ".key.pem"]), ("comm-central", [".p12"]));

    [Theory]
    [MemberData(nameof(Objects))]
    public async Task Believes_no_more_of_a_mutated_object(string path)
    {
        if (SharedVectors.File(path, output) is not { } sound) return;
        var content = path.StartsWith("rfc4134", StringComparison.Ordinal) ? SharedVectors.File("rfc4134/ExContent.bin", output) : SharedVectors.File("comm-central/alice.mime", output);
        await HoldAsync(path, sound, (belief, octets) => ReadObjectAsync(belief, octets, content));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Believes_no_more_of_a_mutated_message(string path)
    {
        if (SharedVectors.File(path, output) is null) return;
        var sound = SharedVectors.Files(Path.GetDirectoryName(path)!, Path.GetFileName(path), output).Select(SharedVectors.ReadMail).Single();
        await HoldAsync(path, sound, (belief, octets) => belief.ReadMessageAsync(octets));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Reads_or_refuses_a_mutated_certificate_file(string path)
    {
        if (SharedVectors.File(path, output) is not { } sound) return;
        await Mutations.ForEachAsync(path, sound, mutant =>
        {
            try
            {
                CertificateFile.Read(mutant);
            }
            catch (CmsFormatException)
            {
                // An outcome like others.
            }
        });
    }

    [Theory]
    [MemberData(nameof(KeyFiles))]
    public async Task Reads_or_refuses_a_mutated_key_file(string path)
    {
        if (SharedVectors.File(path, output) is not { } sound) return;
        var certificate = path switch
        {
            _ when path.EndsWith(".key.pem", StringComparison.Ordinal) => CertificateFile.Read(SharedVectors.File(path.Replace(".key.", ".crt.", StringComparison.Ordinal), output)).Certificates[0].Encoded,
            _ when path.EndsWith(".pri", StringComparison.Ordinal) => SharedVectors.File("rfc4134/BobRSASignByCarl.cer", output),
            _ => default,
        };
        var password = path.StartsWith("comm", StringComparison.Ordinal) ? "nss" : Path.GetFileName(path).Split('.')[0];
        await Mutations.ForEachAsync(path, sound, mutant =>
        {
            try
            {
                if (certificate.IsEmpty) SoftwareSigningKeyReader.ReadPkcs12(mutant, password).Key.Dispose();
                else SoftwareSigningKeyReader.ReadKey(mutant, certificate).Dispose();
            }
            catch (CmsFormatException)
            {
                // An outcome like others.
            }

            try
            {
                if (certificate.IsEmpty)
                {
                    foreach (var key in SoftwareDecryptionKey.FromPkcs12(mutant, password)) key.Dispose();
                }
                else if (path.EndsWith(".pem", StringComparison.Ordinal))
                {
                    SoftwareDecryptionKey.FromPem(PemEncoding.WriteString("CERTIFICATE", certificate.Span) + "\n" + Encoding.Latin1.GetString(mutant)).Dispose();
                }
                else
                {
                    SoftwareDecryptionKey.FromPkcs8(certificate, mutant).Dispose();
                }
            }
            catch (CryptographicException)
            {
                // An outcome like others.
            }
        });
    }

    private async Task HoldAsync(string path, byte[] sound, Func<CmsBelief, byte[], Task> read)
    {
        var keys = Keys(path);
        var known = SharedVectors.Files(path.Split('/')[0], "*.cer", output).Select(f => (ReadOnlyMemory<byte>)File.ReadAllBytes(f)).ToArray();
        var original = new CmsBelief(keys, known);
        await read(original, sound);
        output.WriteLine($"{original.Signed.Count} good of {original.Verdicts.Count} signatures, opened: {original.Outcome}");
        await Mutations.ForEachAsync(path, sound, async mutant =>
        {
            var belief = new CmsBelief(keys, known);
            await read(belief, mutant);
            Assert.Empty(belief.Beyond(original));
        });
    }

    private static async Task ReadObjectAsync(CmsBelief belief, byte[] octets, byte[]? content)
    {
        await belief.ReadAsync(octets);
        await belief.ReadAsync(octets, content);
        // An AuthEnvelopedData may come without its ContentInfo.
        try
        {
            BerFrame.Check(octets, CmsBounds.Default);
            EnvelopedContent.Read(new ContentInfo(Smime.Asn1.ContentTypes.AuthEnvelopedData, octets), CmsBounds.Default);
        }
        catch (CmsFormatException)
        {
            // An outcome like others.
        }
    }

    private IReadOnlyList<IDecryptionKey> Keys(string path) => path.Split('/')[0] switch
    {
        "rfc4134" => [SoftwareDecryptionKey.FromPkcs8(SharedVectors.File("rfc4134/BobRSASignByCarl.cer", output), SharedVectors.File("rfc4134/BobPrivRSAEncrypt.pri", output))],
        "comm-central" => SoftwareDecryptionKey.FromPkcs12(SharedVectors.File("comm-central/Bob.p12", output), "nss"),
        _ => [],
    };

    // Without the material there is one case, which says so.
    private static TheoryData<string> Named(params (string Folder, string[] Ends)[] folders)
    {
        var silent = new SilentOutput();
        var data = new TheoryData<string>();
        foreach (var (folder, ends) in folders)
        {
            foreach (var file in SharedVectors.Files(folder, "*", silent).Where(f => ends.Any(e => f.EndsWith(e, StringComparison.Ordinal))))
                data.Add(file[(file.LastIndexOf("/" + folder + "/", StringComparison.Ordinal) + 1)..]);
        }

        if (data.Count is 0) data.Add(folders[0].Folder + "/any");
        return data;
    }
}
