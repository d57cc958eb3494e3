using System.Text;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Tests.Messages;

[Trait("Feature", "E-01")]
public sealed class SmimePartTests
{
    [Theory]
    [InlineData("application/pkcs7-mime; smime-type=signed-data", SmimeKind.Opaque, SmimeClaim.SignedData)]
    [InlineData("application/x-pkcs7-mime; smime-type=\"Enveloped-Data\"", SmimeKind.Opaque, SmimeClaim.EnvelopedData)]
    [InlineData("Application/PKCS7-MIME; smime-type=authEnveloped-data", SmimeKind.Opaque, SmimeClaim.AuthEnvelopedData)]
    [InlineData("application/pkcs7-mime; smime-type=compressed-data", SmimeKind.Opaque, SmimeClaim.CompressedData)]
    [InlineData("application/pkcs7-mime; smime-type=certs-only", SmimeKind.Opaque, SmimeClaim.CertsOnly)]
    [InlineData("application/pkcs7-mime; smime-type=signed-receipt", SmimeKind.Opaque, SmimeClaim.SignedReceipt)]
    [InlineData("application/pkcs7-mime; smime-type=OID.1.2.3", SmimeKind.Opaque, SmimeClaim.Other)]
    [InlineData("application/pkcs7-mime; name=smime.p7m", SmimeKind.Opaque, SmimeClaim.None)]
    [InlineData("application/pkcs7-signature", SmimeKind.Signature, SmimeClaim.None)]
    [InlineData("application/x-pkcs7-signature; name=smime.p7s", SmimeKind.Signature, SmimeClaim.None)]
    [InlineData("application/pkcs10", SmimeKind.CertificateRequest, SmimeClaim.None)]
    [InlineData("application/octet-stream; name=SMIME.P7M", SmimeKind.Opaque, SmimeClaim.None)]
    [InlineData("application/octet-stream; name=smime.p7c", SmimeKind.Opaque, SmimeClaim.CertsOnly)]
    [InlineData("application/octet-stream; name=\"smime.p7s\"", SmimeKind.Signature, SmimeClaim.None)]
    [InlineData("multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=b", SmimeKind.ClearSigned, SmimeClaim.None)]
    [InlineData("multipart/signed; protocol=application/x-pkcs7-signature; boundary=b", SmimeKind.ClearSigned, SmimeClaim.None)]
    public void Recognises_all_names(string type, SmimeKind kind, SmimeClaim claim)
    {
        var part = Recognise(type)!;
        Assert.Equal((kind, claim), (part.Kind, part.Claim));
        Assert.Equal(type.StartsWith("application/octet", StringComparison.Ordinal), part.IsByNameOnly);
    }

    [Theory]
    [InlineData("application/pgp-encrypted")]
    [InlineData("multipart/signed; protocol=\"application/pgp-signature\"; boundary=b")]
    [InlineData("multipart/signed; boundary=b")]
    [InlineData("text/plain; name=smime.p7m")]
    [InlineData("application/octet-stream; name=smime.p7m.exe")]
    [InlineData("application/octet-stream")]
    [InlineData("application/pkcs7-mimes")]
    [InlineData("application/pkcs12")]
    [InlineData("multipart/mixed; protocol=\"application/pkcs7-signature\"; boundary=b")]
    public void Leaves_the_rest_alone(string type) => Assert.Null(Recognise(type));

    [Fact]
    public void Reads_the_digests_of_a_clear_signature() =>
        Assert.Equal(["sha-256", "md5"], Recognise("multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=\"SHA-256, md5\"; boundary=b")!.Digests.ToArray());

    private static SmimePart? Recognise(string type) =>
        SmimePart.Recognise(MimeEntity.Read(Encoding.ASCII.GetBytes($"Content-Type: {type}\r\n\r\n--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n"), new MimeBudget()));
}
