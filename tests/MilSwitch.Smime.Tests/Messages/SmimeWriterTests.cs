using System.Buffers;
using System.Text;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Tests.Messages;

[Trait("Feature", "E-02")]
public sealed class SmimeWriterTests
{
    private static readonly byte[] Cms = [.. Enumerable.Range(0, 500).Select(i => (byte)i)];

    [Theory]
    [InlineData("Content-Type: text/plain\r\n\r\nx")]
    [InlineData("Content-Type: text/plain\r\n\r\n trailing \r\n\r\n")]
    [InlineData("\r\n")]
    [InlineData("\r\n--=_\r\n--\r\n")]
    public void Clear_signed_content_comes_back_to_the_octet(string content)
    {
        var to = new ArrayBufferWriter<byte>();
        SmimeWriter.WriteClearSigned(to, Encoding.ASCII.GetBytes(content), new ReadOnlySequence<byte>(Cms), "sha-256", "sha-384");
        var entity = MimeEntity.Read(to.WrittenMemory, new MimeBudget());
        Assert.Equal(MimeAmbiguity.None, entity.TreeAmbiguity);
        Assert.True(SmimePart.IsWellFormedSigned(entity));
        Assert.Equal(content, Encoding.ASCII.GetString(entity.Parts[0].Octets.Span));
        Assert.Equal(Cms, entity.Parts[1].Decode().ToArray());
        Assert.Equal(["sha-256", "sha-384"], SmimePart.Recognise(entity)!.Digests.ToArray());
    }

    [Theory]
    [InlineData("\r\na\nb")]
    [InlineData("\r\na\rb")]
    [Trait("Threat", "S2")]
    public void Signs_nothing_in_the_clear_that_transport_would_change(string content) =>
        Assert.Throws<FormatException>(() => SmimeWriter.WriteClearSigned(new ArrayBufferWriter<byte>(), Encoding.ASCII.GetBytes(content), default, "sha-256"));

    [Theory]
    [InlineData(SmimeClaim.SignedData, "smime.p7m")]
    [InlineData(SmimeClaim.EnvelopedData, "smime.p7m")]
    [InlineData(SmimeClaim.AuthEnvelopedData, "smime.p7m")]
    [InlineData(SmimeClaim.CompressedData, "smime.p7z")]
    [InlineData(SmimeClaim.CertsOnly, "smime.p7c")]
    [InlineData(SmimeClaim.SignedReceipt, "smime.p7m")]
    public void Opaque_objects_come_back_in_both_encodings(SmimeClaim type, string name)
    {
        foreach (var binary in new[] { true, false })
        {
            var to = new ArrayBufferWriter<byte>();
            SmimeWriter.WriteOpaque(to, type, Pieces(Cms[..7], Cms[7..300], Cms[300..]), binary);
            var entity = MimeEntity.Read(to.WrittenMemory, new MimeBudget());
            Assert.Equal(MimeAmbiguity.None, entity.TreeAmbiguity);
            Assert.Equal((type, name), (SmimePart.Recognise(entity)!.Claim, entity.FileName));
            Assert.Equal(binary ? ContentEncoding.Binary : ContentEncoding.Base64, entity.Encoding);
            Assert.Equal(Cms, entity.Decode().ToArray());
        }
    }

    [Fact]
    [Trait("Feature", "E-07")]
    public void Replaces_the_root_and_keeps_the_other_fields_and_the_inner_octets()
    {
        var inner = Encoding.ASCII.GetBytes("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n");
        var entity = new ArrayBufferWriter<byte>();
        SmimeWriter.WriteClearSigned(entity, inner, new ReadOnlySequence<byte>(Cms), "sha-256");
        var message = new ArrayBufferWriter<byte>();
        SmimeWriter.WriteMessage(message, "Received: x\r\n y\r\nSubject:  odd \r\n"u8, entity.WrittenSpan);
        var stored = MimeEntity.Read(message.WrittenMemory, new MimeBudget());

        var again = new ArrayBufferWriter<byte>();
        SmimeWriter.WriteClearSigned(again, stored.Parts[0].Octets.Span, new ReadOnlySequence<byte>(Cms[..9]), "sha-512");
        var replaced = new ArrayBufferWriter<byte>();
        SmimeWriter.ReplaceRoot(replaced, stored, again.WrittenSpan);
        Assert.StartsWith("Received: x\r\n y\r\nSubject:  odd \r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed", Encoding.ASCII.GetString(replaced.WrittenSpan), StringComparison.Ordinal);
        var read = MimeEntity.Read(replaced.WrittenMemory, new MimeBudget());
        Assert.Equal(MimeAmbiguity.None, read.TreeAmbiguity);
        Assert.Equal(inner, read.Parts[0].Octets.ToArray());
        Assert.Equal(Cms[..9], read.Parts[1].Decode().ToArray());
    }

    [Fact]
    public void Encodes_only_what_is_not_in_seven_bits()
    {
        const string Text =
            "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n--b\r\n\r\nFrom here: plain =\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            + "From \u00e4 \r\n.\r\n--b\r\nContent-Transfer-Encoding: binary\r\nContent-Type: image/png\r\n\r\n\0\u00ff\r\n--b--\r\n";
        var entity = MimeEntity.Read(Encoding.UTF8.GetBytes(Text), new MimeBudget());
        var seven = SmimeWriter.ToSevenBit(entity);
        Assert.DoesNotContain(seven, o => o is 0 or > 0x7f);
        var read = MimeEntity.Read(seven, new MimeBudget());
        Assert.Equal(MimeAmbiguity.None, read.TreeAmbiguity);
        Assert.Equal([ContentEncoding.SevenBit, ContentEncoding.QuotedPrintable, ContentEncoding.Base64], read.Parts.Select(p => p.Encoding));
        Assert.Equal(entity.Parts[0].Octets.ToArray(), read.Parts[0].Octets.ToArray());
        Assert.Equal(entity.Parts.Select(p => Convert.ToHexString(p.Decode().Span)), read.Parts.Select(p => Convert.ToHexString(p.Decode().Span)));
        Assert.StartsWith("=46rom", Encoding.ASCII.GetString(read.Parts[1].RawBody.Span), StringComparison.Ordinal);
        Assert.Equal(seven, SmimeWriter.ToSevenBit(read));
    }

    [Fact]
    public void Encodes_nothing_that_is_signed() =>
        Assert.Throws<FormatException>(() => SmimeWriter.ToSevenBit(MimeEntity.Read(
            Encoding.UTF8.GetBytes("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\u00e4\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\n--b--\r\n"), new MimeBudget())));

    private static ReadOnlySequence<byte> Pieces(params byte[][] pieces)
    {
        var first = new Piece(pieces[0], 0);
        var last = first;
        foreach (var piece in pieces.Skip(1)) last = last.Then(piece);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] octets, long start) => (Memory, RunningIndex) = (octets, start);

        public Piece Then(byte[] octets)
        {
            var next = new Piece(octets, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
