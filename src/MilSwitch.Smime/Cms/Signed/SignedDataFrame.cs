using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>Puts a SignedData together from encoded pieces, each copied once into octets of the exact size.</summary>
internal sealed class SignedDataFrame
{
    private const byte Sequence = 0x30, Set = 0x31, Integer = 0x02, OctetString = 0x04, First = 0xA0, Second = 0xA1;
    private static readonly byte[] SignedDataOid = Oid(ContentTypes.SignedData);
    private static readonly byte[] DataOid = Oid(ContentTypes.Data);

    public required string ContentType { get; init; }

    /// <summary>Null: detached.</summary>
    public required long? ContentLength { get; init; }

    public required List<ReadOnlyMemory<byte>> DigestAlgorithms { get; init; }

    public required List<ReadOnlyMemory<byte>> Certificates { get; init; }

    public required List<ReadOnlyMemory<byte>> RevocationLists { get; init; }

    public required List<ReadOnlyMemory<byte>> Signers { get; init; }

    /// <summary>A signer is named by its key identifier.</summary>
    public required bool HasThirdVersionSigner { get; init; }

    public SignedParts Assemble()
    {
        foreach (var set in (ReadOnlySpan<List<ReadOnlyMemory<byte>>>)[DigestAlgorithms, Certificates, RevocationLists, Signers])
        {
            if (set.Count > 1) set.Sort(static (a, b) => a.Span.SequenceCompareTo(b.Span));
        }

        var type = ContentType is ContentTypes.Data ? DataOid : Oid(ContentType);
        var digests = Total(DigestAlgorithms);
        var certificates = Total(Certificates);
        var lists = Total(RevocationLists);
        var signers = Total(Signers);
        var inner = ContentLength is { } length ? Size(length) : 0;
        var encapsulated = type.Length + (ContentLength is null ? 0 : Size(inner));
        var after = (Certificates.Count > 0 ? Size(certificates) : 0) + (RevocationLists.Count > 0 ? Size(lists) : 0) + Size(signers);
        var signedData = 3 + Size(digests) + Size(encapsulated) + after;
        var info = SignedDataOid.Length + Size(Size(signedData));
        var whole = Size(info);

        var prefix = new byte[whole - (ContentLength ?? 0) - (ContentLength is null ? 0 : after)];
        var suffix = ContentLength is null ? [] : new byte[after];
        var cursor = new Cursor(prefix);
        cursor.Tag(Sequence, info);
        cursor.Copy(SignedDataOid);
        cursor.Tag(First, Size(signedData));
        cursor.Tag(Sequence, signedData);
        cursor.Tag(Integer, 1);
        cursor.Put(Version());
        cursor.Tag(Set, digests);
        cursor.Copy(DigestAlgorithms);
        cursor.Tag(Sequence, encapsulated);
        cursor.Copy(type);
        if (ContentLength is { } content)
        {
            cursor.Tag(First, inner);
            cursor.Tag(OctetString, content);
            cursor = new Cursor(suffix);
        }

        if (Certificates.Count > 0)
        {
            cursor.Tag(First, certificates);
            cursor.Copy(Certificates);
        }

        if (RevocationLists.Count > 0)
        {
            cursor.Tag(Second, lists);
            cursor.Copy(RevocationLists);
        }

        cursor.Tag(Set, signers);
        cursor.Copy(Signers);
        return new SignedParts(prefix, ContentLength ?? 0, suffix);
    }

    // RFC 5652 §5.1.
    private byte Version()
    {
        if (Certificates.Any(c => c.Span[0] is 0xA3) || RevocationLists.Any(l => l.Span[0] is not Sequence)) return 5;
        if (Certificates.Any(c => c.Span[0] is 0xA2)) return 4;
        return Certificates.Any(c => c.Span[0] is 0xA1) || HasThirdVersionSigner || ContentType is not ContentTypes.Data ? (byte)3 : (byte)1;
    }

    /// <summary>Octets of an element with contents of this length and a tag of one octet.</summary>
    internal static long Size(long contents) => 1 + DerLength.Size(contents) + contents;

    private static long Total(List<ReadOnlyMemory<byte>> pieces)
    {
        long total = 0;
        foreach (var piece in pieces) total += piece.Length;
        return total;
    }

    private static byte[] Oid(string oid)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(oid);
        return writer.Encode();
    }

    internal ref struct Cursor(Span<byte> rest)
    {
        private Span<byte> rest = rest;

        public void Tag(byte tag, long length)
        {
            rest[0] = tag;
            rest = rest[(1 + DerLength.Write(rest[1..], length))..];
        }

        public void Put(byte octet)
        {
            rest[0] = octet;
            rest = rest[1..];
        }

        public void Copy(scoped ReadOnlySpan<byte> octets)
        {
            octets.CopyTo(rest);
            rest = rest[octets.Length..];
        }

        public void Copy(List<ReadOnlyMemory<byte>> pieces)
        {
            foreach (var piece in pieces) Copy(piece.Span);
        }
    }
}
