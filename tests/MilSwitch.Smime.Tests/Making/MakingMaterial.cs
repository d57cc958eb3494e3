using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Making;

/// <summary>Messages, and the programs that judge what is made of them.</summary>
[SupportedOSPlatform("linux")]
internal static class MakingMaterial
{
    public const string Body = "Attack at dawn.\r\n\r\n.\r\nFrom here.\r\n";

    public const string Fields = "Received: from a.example by b.example; Wed, 4 Mar 2026 05:06:00 +0000\r\n"
        + "From:  \"Operations, Unit\" <ops@unit.example>\r\nTo: Depot <depot@base.example>,\r\n  Second <second@base.example>\r\n"
        + "Subject:  Fuel  for\r\n the convoy\r\nDate: Wed, 4 Mar 2026 06:06:07 +0100\r\nMessage-ID: <m1@unit.example>\r\nX-Odd:\tvalue \r\n";

    public static readonly byte[] Message = Ascii(Fields + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + Body);

    public static byte[] Ascii(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySequence<byte> octets) => Encoding.Latin1.GetString(octets.ToArray());

    public static SignatureSettings Signing(params string[] kinds) => new() { Signers = [.. kinds.Select(k => SignedPki.Signer(k))], SigningTime = SignedPki.Now };

    public static EncryptionSettings Encrypting(params EnvelopedRecipient[] recipients) => new() { Recipients = recipients };

    /// <summary>RSA with PKCS#1 v1.5, which no suite makes.</summary>
    public static AlgorithmSuite Lenient { get; } = AlgorithmSuite.Default with { Name = "lenient", Making = AlgorithmSuite.Legacy.Accepting };

    public static MimeEntity Read(ReadOnlySequence<byte> message) => MimeEntity.Read(message.ToArray(), new MimeBudget());

    /// <summary>The object at the root, and what it covers.</summary>
    public static (SignedData Signed, ReadOnlyMemory<byte> Covered) SignedOf(MimeEntity root)
    {
        var isClear = root.MediaType.Is("multipart", "signed");
        var signed = SignedData.Read((isClear ? root.Parts[1] : root).Decode(), CmsBounds.Default);
        return (signed, isClear ? root.Parts[0].Octets : signed.Content!.Value);
    }

    public static void AssertGood(MimeEntity root)
    {
        var (signed, covered) = SignedOf(root);
        Assert.NotEmpty(signed.Signers);
        Assert.All(signed.Signers, s => Assert.Empty(SignedPki.Verify(signed, s, new ContentDigests(covered)).Reasons));
    }

    /// <summary>What openssl finds signed in a message; it fails the test when the signature does not hold.</summary>
    public static byte[] OpensslVerifies(Workspace folder, ReadOnlySequence<byte> message)
    {
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        File.WriteAllBytes(folder["signed.eml"], message.ToArray());
        Openssl("cms", "-verify", "-in", folder["signed.eml"], "-CAfile", folder["ca.pem"], "-attime", $"{SignedPki.Now.ToUnixTimeSeconds()}", "-out", folder["content"]);
        return File.ReadAllBytes(folder["content"]);
    }

    public static byte[] OpensslDecrypts(Workspace folder, ReadOnlySequence<byte> message, EnvelopedMaterial.Owner owner)
    {
        File.WriteAllText(folder["key.pem"], owner.Pem);
        File.WriteAllBytes(folder["encrypted.eml"], message.ToArray());
        Openssl("cms", "-decrypt", "-binary", "-in", folder["encrypted.eml"], "-recip", folder["key.pem"], "-inkey", folder["key.pem"], "-out", folder["plain"]);
        return File.ReadAllBytes(folder["plain"]);
    }

    public static void Openssl(params string[] arguments)
    {
        var (exit, text) = SignedPki.Run("openssl", arguments);
        Assert.True(exit is 0, string.Join(' ', arguments) + ": " + text);
    }

    /// <summary>As openssl wants a signer: key and certificate in one file.</summary>
    public static string SignerFile(Workspace folder, string kind)
    {
        var identity = SignedPki.Get(kind);
        File.WriteAllText(folder[kind + ".pem"], identity.CertificatePem + identity.KeyPem);
        return folder[kind + ".pem"];
    }
}
