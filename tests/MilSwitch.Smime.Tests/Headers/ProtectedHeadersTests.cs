using System.Collections.Immutable;
using System.Text;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests.Headers;

[Trait("Feature", "G-02")]
public sealed class ProtectedHeadersTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("a  b", "a\t b", true)]
    [InlineData("\"a\"   <b@c.example>", "\"a\" <b@c.example>", true)]
    [InlineData("text/plain; name=\"a  b\"", "text/plain; name=\"a b\"", false)]
    [InlineData("text/plain;  name=\"a b\"", "text/plain; name=\"a b\"", true)]
    [InlineData("x=\"a\\\"  b\"", "x=\"a\\\" b\"", false)]
    [InlineData("(note  one) a", "(note one) a", true)]
    // A mark inside of a comment begins nothing.
    [InlineData("(5\") \"a  b\"", "(5\") \"a b\"", false)]
    [InlineData("(5\\) \"a  b\")  c", "(5\\) \"a b\") c", true)]
    // What has no end.
    [InlineData("a  pipe of 5\" and  more", "a pipe of 5\" and  more", true)]
    [InlineData("a pipe of 5\" and  more", "a pipe of 5\" and more", false)]
    [InlineData("( (\") \"a  b\"", "( (\") \"a b\"", false)]
    [Trait("Threat", "C10")]
    public void White_space_is_part_of_a_quoted_string_and_of_nothing_else(string one, string other, bool same)
    {
        Assert.Equal(same, HeaderText.SameValue(one, other));
        Assert.Equal(same, HeaderText.SameValue(other, one));
    }

    private const string Outer = "From: Alice <alice@example.net>\r\nTo: Bob <bob@example.net>\r\nSubject: [...]\r\nReceived: x\r\n\r\n";
    private const string Cipher =
        "From: Alice <alice@example.net>\r\nTo: Bob <bob@example.net>\r\nSubject: Secret\r\nKeywords: k\r\nContent-Type: text/plain; hp=\"cipher\"\r\n"
        + "HP-Outer: From: Alice <alice@example.net>\r\nHP-Outer: To: Bob\r\n  <bob@example.net>\r\nHP-Outer: Subject: [...]\r\n\r\nx";

    [Fact]
    public void Follows_the_algorithm_of_RFC_9788_for_each_field()
    {
        var headers = Read(Outer, Cipher, isSigned: true, isEncrypted: true);
        Assert.Equal(ProtectionScheme.Rfc9788, headers.Scheme);
        Assert.Equal(
            [
                ("From", FieldProtection.Signed), ("To", FieldProtection.Signed), ("Subject", FieldProtection.SignedAndEncrypted),
                ("Keywords", FieldProtection.SignedAndEncrypted), ("Received", FieldProtection.Unprotected),
            ],
            headers.Fields.Select(f => (f.Name, f.Protection)));
        Assert.Equal(HeaderMismatch.None, headers.Mismatch);
        Assert.Equal("Secret", headers.Protected("subject"));
        Assert.Equal([FieldProtection.Unprotected, FieldProtection.Unprotected, FieldProtection.Encrypted], Read(Outer, Cipher, false, true).Fields.Take(3).Select(f => f.Protection));
    }

    [Theory]
    // The parameter alone is no protection (RFC 9788 §2.1.1), and HP-Outer counts only in what is encrypted (§2.2).
    [InlineData(false, false, ProtectionScheme.None, FieldProtection.Unprotected)]
    [InlineData(true, false, ProtectionScheme.Rfc9788, FieldProtection.Signed)]
    [InlineData(true, true, ProtectionScheme.Rfc9788, FieldProtection.SignedAndEncrypted)]
    public void Believes_the_layers_and_not_the_parameter(bool isSigned, bool isEncrypted, ProtectionScheme scheme, FieldProtection subject)
    {
        var headers = Read(Outer, Cipher, isSigned, isEncrypted);
        Assert.Equal((scheme, subject), (headers.Scheme, headers.Fields.Single(f => f.Name is "Subject").Protection));
    }

    [Fact]
    public void Encryption_added_in_transit_hides_nothing()
    {
        var headers = Read("Subject: s\r\n\r\n", "Subject: s\r\nHP-Outer: Subject: other\r\nContent-Type: text/plain; hp=\"clear\"\r\n\r\nx", true, true);
        Assert.Equal(("s", FieldProtection.Signed, HeaderMismatch.None), headers.Fields.Select(f => (f.Protected, f.Protection, f.Mismatch)).Single());
    }

    [Theory]
    [InlineData("Subject: [...]", "Subject: Pay now", HeaderMismatch.Suspicious)]
    [InlineData("To: Bob <bob@example.net>", "To: Bob <mallory@example.net>", HeaderMismatch.Blocking)]
    [InlineData("To: Bob <bob@example.net>\r\n", "", HeaderMismatch.Blocking)]
    [InlineData("Received: x", "Cc: mallory@example.net", HeaderMismatch.Blocking)]
    [InlineData("Received: x", "Keywords: k", HeaderMismatch.Suspicious)]
    [InlineData("Received: x", "MMHS-Primary-Precedence: 5", HeaderMismatch.Blocking)]
    [InlineData("Received: x", "SIO-Label: added by a relay", HeaderMismatch.None)]
    [InlineData("To: Bob <", "To:  Bob\r\n <", HeaderMismatch.None)]
    [Trait("Feature", "G-04")]
    [Trait("Threat", "C10")]
    public void Sees_what_was_changed_outside(string from, string to, HeaderMismatch expected) =>
        Assert.Equal(expected, Read(Outer.Replace(from, to, StringComparison.Ordinal), Cipher, true, true).Mismatch);

    [Theory]
    [InlineData("From: A <ALICE@EXAMPLE.net>", false)]
    [InlineData("From: alice@example.net (Alice)", false)]
    [InlineData("From: Alice <alice@example.org>", true)]
    [InlineData("From: \"alice@example.net\" <mallory@example.net>", true)]
    [InlineData("From: Alice <alice@example.net>, mallory@example.net", true)]
    [InlineData("From: Alice <alice@example.net>\r\nFrom: mallory@example.net", true)]
    [InlineData("From: Alice <alice@example.net", true)]
    [InlineData("X: y", true)]
    [Trait("Feature", "G-05")]
    [Trait("Threat", "C3")]
    public void Compares_the_addresses_of_From(string outer, bool mismatch) =>
        Assert.Equal(mismatch, Read(Outer.Replace("From: Alice <alice@example.net>", outer, StringComparison.Ordinal), Cipher, true, true).FromMismatch);

    [Fact]
    public void Compares_international_domains_as_A_labels() =>
        Assert.False(Read("From: a@b\u00fccher.example\r\n\r\n", "From: a@xn--bcher-kva.example\r\nContent-Type: text/plain; hp=\"clear\"\r\n\r\nx", true, false).FromMismatch);

    [Theory]
    [InlineData("Content-Type: message/rfc822\r\n\r\nFrom: Alice <alice@example.net>\r\nTo: Bob <bob@example.net>\r\nSubject: Secret\r\n\r\nx", ProtectionScheme.Rfc8551)]
    [InlineData("From: Alice <alice@example.net>\r\nTo: Bob <bob@example.net>\r\nSubject: Secret\r\nContent-Type: text/plain; protected-headers=\"v1\"\r\n\r\nx", ProtectionScheme.ProtectedHeadersV1)]
    [Trait("Feature", "G-01")]
    public void Reads_the_older_schemes_by_comparing(string payload, ProtectionScheme scheme)
    {
        var headers = Read(Outer, payload, true, true);
        Assert.Equal(scheme, headers.Scheme);
        Assert.Equal([FieldProtection.Signed, FieldProtection.Signed, FieldProtection.SignedAndEncrypted, FieldProtection.Unprotected], headers.Fields.Select(f => f.Protection));
        Assert.Equal(HeaderMismatch.None, headers.Mismatch);
        Assert.Equal(HeaderMismatch.Suspicious, Read(Outer.Replace("[...]", "Pay now", StringComparison.Ordinal), payload, true, true).Mismatch);
        Assert.Equal(HeaderMismatch.Blocking, Read(Outer.Replace("bob@", "mallory@", StringComparison.Ordinal), payload, true, true).Mismatch);
        // Signed alone hides nothing: what differs was changed.
        Assert.Equal(HeaderMismatch.Suspicious, Read(Outer, payload, true, false).Mismatch);
    }

    [Theory]
    [InlineData("Content-Type: message/rfc822\r\n\r\nSubject: s\r\nContent-Type: application/pkcs7-mime\r\n\r\nx")]
    [InlineData("Content-Type: message/rfc822; hp=\"x\"\r\n\r\nSubject: s\r\n\r\nx")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; hp=\"clear\"\r\nSubject: s\r\n\r\nx\r\n--b--")]
    [InlineData("Subject: s\r\nContent-Type: text/plain; hp=\"Clear\"\r\n\r\nx")]
    public void Leaves_what_is_no_header_protection(string payload) => Assert.Equal(ProtectionScheme.None, Read(Outer, payload, true, true).Scheme);

    [Fact]
    [Trait("Feature", "F-10")]
    public void Reads_secure_header_fields()
    {
        ImmutableArray<SecureHeaderField> fields =
            [new("From", "Alice <alice@example.net>", SecureHeaderFieldStatus.Duplicated), new("Subject", "Secret", SecureHeaderFieldStatus.Modified), new("Keywords", "k", SecureHeaderFieldStatus.Deleted)];
        var headers = Read(Outer, "\r\nx", true, true, fields);
        Assert.Equal(ProtectionScheme.Rfc7508, headers.Scheme);
        Assert.Equal([FieldProtection.Signed, FieldProtection.SignedAndEncrypted, FieldProtection.SignedAndEncrypted], headers.Fields.Take(3).Select(f => f.Protection));
        Assert.Equal(HeaderMismatch.None, headers.Mismatch);
        // Not encrypted: everything must be there again (RFC 7508 §4.5.2).
        Assert.Equal([HeaderMismatch.None, HeaderMismatch.Suspicious, HeaderMismatch.Suspicious], Read(Outer, "\r\nx", true, false, fields).Fields.Take(3).Select(f => f.Mismatch));
        Assert.Equal(ProtectionScheme.None, Read(Outer, "\r\nx", false, true, fields).Scheme);
    }

    [Fact]
    public void Reads_the_vectors_of_RFC_9788()
    {
        if (SharedVectors.File("header-protection/C.2.1-smime-one-part-hp.eml", output) is not { } message) return;
        var payload = SharedVectors.File("header-protection/C.2.1-smime-one-part-hp.payload", output)!;
        var headers = ProtectedHeaders.Read(Entity(message).Header, Entity(payload), true, false);
        Assert.Equal(ProtectionScheme.Rfc9788, headers.Scheme);
        Assert.Equal(["Subject", "Message-ID", "From", "To", "Date", "User-Agent"], headers.Fields.Select(f => f.Name));
        Assert.All(headers.Fields, f => Assert.Equal((f.Outer, FieldProtection.Signed, HeaderMismatch.None), (f.Protected, f.Protection, f.Mismatch)));

        message = SharedVectors.File("header-protection/C.1.7-smime-multipart-complex.eml", output)!;
        var plain = Entity(message);
        Assert.Equal(MimeAmbiguity.None, plain.TreeAmbiguity);
        payload = SharedVectors.File("header-protection/C.1.7-smime-multipart-complex.payload", output)!;
        Assert.Equal(Entity(payload).Octets.ToArray(), plain.Parts[0].Octets.ToArray());
        headers = ProtectedHeaders.Read(plain.Header, plain.Parts[0], true, false);
        Assert.Equal(ProtectionScheme.None, headers.Scheme);
        Assert.All(headers.Fields, f => Assert.Equal(FieldProtection.Unprotected, f.Protection));

        foreach (var name in new[] { "D.1.2.1-compose-baseline-legacy", "D.2.2.1-reply-response-hcp" })
        {
            var inner = Entity(SharedVectors.File($"header-protection/{name}.payload", output)!);
            var outer = string.Concat(HeaderText.Read(inner.Header).Where(f => f.Name is "HP-Outer").Select(f => f.Value + "\r\n")) + "\r\n";
            headers = ProtectedHeaders.Read(Entity(Encoding.ASCII.GetBytes(outer)).Header, inner, true, true);
            Assert.Equal(HeaderMismatch.None, headers.Mismatch);
            Assert.Equal(["Subject"], headers.Fields.Where(f => f.Protection is FieldProtection.SignedAndEncrypted).Select(f => f.Name));
            Assert.True(LegacyDisplay.Marks(inner));
            Assert.DoesNotContain("Subject: ", LegacyDisplay.RemoveFromPlain(Encoding.ASCII.GetString(inner.RawBody.Span)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Never_throws_for_mutations()
    {
        var random = new Random(78);
        var outer = Encoding.ASCII.GetBytes(Outer);
        var inner = Encoding.ASCII.GetBytes(Cipher);
        for (var round = 0; round < 5_000; round++)
        {
            var (one, other) = ((byte[])outer.Clone(), (byte[])inner.Clone());
            one[random.Next(one.Length)] = (byte)random.Next(256);
            other[random.Next(other.Length)] = (byte)random.Next(256);
            Assert.NotNull(ProtectedHeaders.Read(Entity(one).Header, Entity(other), true, true));
        }
    }

    private static ProtectedHeaders Read(string outer, string payload, bool isSigned, bool isEncrypted, ImmutableArray<SecureHeaderField> fields = default) =>
        ProtectedHeaders.Read(Entity(Encoding.UTF8.GetBytes(outer)).Header, Entity(Encoding.UTF8.GetBytes(payload)), isSigned, isEncrypted, fields);

    private static MimeEntity Entity(byte[] octets) => MimeEntity.Read(octets, new MimeBudget());
}
