using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>The mails and keys of Thunderbird's own tests: the name of each says its layers from the outside in.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-11")]
public sealed class CommCentralTests(ITestOutputHelper output)
{
    private const string Password = "nss";
    private static readonly DateTimeOffset At = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Layers, good signatures, words of the text.</summary>
    public static TheoryData<string, string, int, string> Mails => new()
    {
        { "alice.dsig.SHA256.multipart.eml", "Signed", 1, "This is a test message from Alice to Bob." },
        { "alice.dsig.SHA256.multipart.env.eml", "Encrypted Signed", 1, "This is a test message from Alice to Bob." },
        // Its digest is of the text with the line ends of a Unix file.
        { "alice.env.dsig.SHA256.multipart.eml", "Signed Encrypted", 0, "This is a test message from Alice to Bob." },
        { "alice.env.eml", "Encrypted", 0, "This is a test message from Alice to Bob." },
        { "alice.env.sig.SHA256.opaque.eml", "Signed Encrypted", 1, "This is a test message from Alice to Bob." },
        { "alice.html.sig.SHA256.opaque.eml", "Signed", 1, "This is a test message from Alice to Bob." },
        { "alice.html.sig.SHA256.opaque.env.eml", "Encrypted Signed", 1, "This is a test message from Alice to Bob." },
        { "alice.sig.SHA256.opaque.eml", "Signed", 1, "This is a test message from Alice to Bob." },
        { "alice.sig.SHA256.opaque.env.eml", "Encrypted Signed", 1, "This is a test message from Alice to Bob." },
    };

    [Theory]
    [MemberData(nameof(Mails))]
    [Trait("Feature", "E-07")]
    public async Task Reads_mails_as_their_names_say(string name, string layers, int good, string text)
    {
        if (SharedVectors.Files("comm-central", name, output) is not [var file]) return;
        var belief = new CmsBelief(Keys("Bob"), []);
        var walk = await belief.ReadMessageAsync(SharedVectors.ReadMail(file));
        Assert.Equal(layers, string.Join(' ', walk.Layers.Select(l => l.Type)));
        Assert.All(walk.Layers, l => Assert.True(l is { IsAtRoot: true, ContradictsClaim: false }));
        Assert.Equal(good, belief.Signed.Count);
        Assert.Equal(layers.Contains("Signed", StringComparison.Ordinal) ? 1 : 0, belief.Verdicts.Count);
        if (good is 0 && belief.Verdicts.Count > 0) Assert.Equal([Reason.DigestMismatch], belief.Verdicts[0].Reasons);
        Assert.Contains(text, Encoding.ASCII.GetString(walk.Payload!.Decode().Span), StringComparison.Ordinal);
        // Nothing here has a code: what was decrypted could have been changed on the way.
        Assert.Empty(belief.Authenticated);

        // Who has no key sees the outer layer and no more.
        var stranger = new CmsBelief(Keys("Dave"), []);
        var outside = await stranger.ReadMessageAsync(SharedVectors.ReadMail(file));
        Assert.Equal(layers.StartsWith("Signed", StringComparison.Ordinal) ? good : 0, stranger.Signed.Count);
        Assert.Equal(layers.Contains("Encrypted", StringComparison.Ordinal), outside.Payload is null);
    }

    [Fact]
    public void Every_mail_is_judged_by_a_test()
    {
        var there = SharedVectors.Files("comm-central", "*.eml", output).Select(f => Path.GetFileName(f)!);
        Assert.Empty(there.Except(Mails.Select(row => (string)row[0])));
    }

    /// <summary>Objects of an earlier authority, whose certificates ended in 2024 and whose keys are gone.</summary>
    [Theory]
    [InlineData("alice.mime.dsig.SHA256", "alice.mime", true)]
    [InlineData("alice.textplain.sig.SHA256", null, true)]
    [InlineData("alice.mime.env", null, false)]
    [InlineData("alice.dsig.SHA256.multipart.env", null, false)]
    [InlineData("alice.sig.SHA256.opaque.env", null, false)]
    public async Task Reads_objects_of_an_earlier_authority(string name, string? content, bool isSigned)
    {
        if (SharedVectors.File("comm-central/" + name, output) is not { } octets) return;
        var belief = new CmsBelief(Keys("Bob"), []);
        await belief.ReadAsync(octets, content is null ? default(ReadOnlyMemory<byte>?) : SharedVectors.ReadMail(SharedVectors.Files("comm-central", content, output).Single()));
        Assert.Equal(isSigned ? 1 : 0, belief.Signed.Count);
        if (isSigned) return;
        Assert.Equal(OpeningOutcome.NoKey, belief.Outcome);
    }

    [Theory]
    [InlineData("Alice", PathPurpose.Sign)]
    [InlineData("Bob", PathPurpose.Encrypt)]
    [InlineData("Dave", PathPurpose.Sign)]
    [InlineData("Eve", PathPurpose.Sign)]
    [InlineData("Fran", PathPurpose.Sign, Reason.ChainIncomplete)]
    [InlineData("Alice-ec", PathPurpose.Sign, Reason.ChainIncomplete)]
    [InlineData("Fran-ec", PathPurpose.Sign, Reason.ChainIncomplete)]
    public async Task Signs_with_the_keys_and_believes_the_certificates_of_the_one_authority_at_hand(string name, PathPurpose purpose, params Reason[] reasons)
    {
        if (SharedVectors.File($"comm-central/{name}.p12", output) is not { } file) return;
        var (key, certificates) = SoftwareSigningKeyReader.ReadPkcs12(file, Password);
        using var own = key;
        Assert.Contains(certificates, c => c.Span.SequenceEqual(key.Certificate.Span));
        Assert.Throws<CmsFormatException>(() => SoftwareSigningKeyReader.ReadPkcs12(file, "wrong"));
        var anchors = CertificateFile.Read(SharedVectors.File("comm-central/TestCA.pem", output)).Certificates;
        var verdict = PathJudge.Judge(Certificate.Read(key.Certificate), new PathOptions { Trust = new TrustMaterial(anchors), At = At, Purpose = purpose });
        Assert.Equal(reasons, verdict.Reasons);

        byte[] content = [1, 2, 3];
        var signed = SignedData.Read((await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(content), Signers = [new CmsSigner(key)] })).Join(content), CmsBounds.Default);
        Assert.Empty(SignedPki.Verify(signed, signed.Signers[0]).Reasons);
    }

    private IReadOnlyList<IDecryptionKey> Keys(string name) => SoftwareDecryptionKey.FromPkcs12(SharedVectors.File($"comm-central/{name}.p12", output), Password);
}
