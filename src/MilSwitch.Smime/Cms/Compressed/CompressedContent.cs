using System.Buffers;
using System.Formats.Asn1;
using System.IO.Compression;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Smime.Cms.Compressed;

/// <summary>CompressedData (RFC 3274 §1.1). Holds ranges of the octets it was read from. Immutable.</summary>
/// <param name="Compression">zlib is the only one there is (RFC 3274 §2).</param>
/// <param name="InnerContentType">Type of the content inside.</param>
/// <param name="Compressed">The octets.</param>
public sealed record CompressedContent(AlgorithmIdentifier Compression, string InnerContentType, OctetSegments Compressed)
{
    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0);

    /// <summary>Whether <see cref="Decompress"/> can do it.</summary>
    public bool IsSupported => Compression.Algorithm == EnvelopedOids.ZlibCompress;

    /// <summary>Reads the content of a <see cref="ContentInfo"/> whose frame was checked.</summary>
    /// <exception cref="CmsFormatException">It is not one.</exception>
    public static CompressedContent Read(ContentInfo info)
    {
        if (info.ContentType != ContentTypes.CompressedData) throw new CmsFormatException("not a CompressedData");
        try
        {
            var outer = new AsnReader(info.Content, AsnEncodingRules.BER);
            var reader = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            reader.ReadIntegerBytes();
            var algorithm = AlgorithmIdentifier.Read(reader);
            var encapsulated = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            var type = encapsulated.ReadObjectIdentifier();
            var wrapper = encapsulated.ReadSequence(Zero);
            encapsulated.ThrowIfNotEmpty();
            var octets = OctetSegments.Read(wrapper, Asn1Tag.PrimitiveOctetString);
            wrapper.ThrowIfNotEmpty();
            return new CompressedContent(algorithm, type, octets);
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("not a CompressedData", cause: fault);
        }
    }

    /// <summary>Makes a CompressedData around the content.</summary>
    public static SealedContent Write(string contentType, ReadOnlySpan<byte> content)
    {
        var compressed = new MemoryStream(Math.Max(64, content.Length / 2));
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(content);
        var body = compressed.GetBuffer().AsMemory(0, (int)compressed.Length);

        var type = new AsnWriter(AsnEncodingRules.DER, 16);
        type.WriteObjectIdentifier(ContentTypes.CompressedData);
        var algorithm = new AsnWriter(AsnEncodingRules.DER, 32);
        new AlgorithmIdentifier(EnvelopedOids.ZlibCompress).Write(algorithm);
        var inner = new AsnWriter(AsnEncodingRules.DER, 16);
        inner.WriteObjectIdentifier(contentType);
        var explicitLength = checked(DerHeader.Size(body.Length) + body.Length);
        var encapsulated = checked(inner.GetEncodedLength() + DerHeader.Size(explicitLength) + explicitLength);
        var data = checked(3 + algorithm.GetEncodedLength() + DerHeader.Size(encapsulated) + encapsulated);
        var wrapper = checked(DerHeader.Size(data) + data);
        var whole = checked(type.GetEncodedLength() + DerHeader.Size(wrapper) + wrapper);

        var prefix = new byte[checked(DerHeader.Size(whole) + whole) - body.Length];
        var rest = DerHeader.Write(prefix, 0x30, whole);
        rest = rest[type.Encode(rest)..];
        rest = DerHeader.Write(rest, 0xA0, wrapper);
        rest = DerHeader.Write(rest, 0x30, data);
        // Version 0, always (RFC 3274 §1.1).
        (rest[0], rest[1], rest[2]) = (2, 1, 0);
        rest = rest[3..];
        rest = rest[algorithm.Encode(rest)..];
        rest = DerHeader.Write(rest, 0x30, encapsulated);
        rest = rest[inner.Encode(rest)..];
        rest = DerHeader.Write(rest, 0xA0, explicitLength);
        DerHeader.Write(rest, 0x04, body.Length);
        return new SealedContent(prefix, body, default);
    }

    /// <summary>The content, in a borrowed buffer that the caller disposes.</summary>
    /// <exception cref="CmsFormatException">It is no zlib stream, or comes to more than <see cref="CmsBounds.Decompressed"/>.</exception>
    /// <exception cref="NotSupportedException"><see cref="IsSupported"/> is false.</exception>
    public PooledOctets Decompress(CmsBounds bounds)
    {
        if (!IsSupported) throw new NotSupportedException("compressed otherwise than with zlib");
        var pool = ArrayPool<byte>.Shared;
        var buffer = pool.Rent((int)Math.Clamp(Compressed.Length * 4L, 4_096, Math.Max(4_096, bounds.Decompressed)));
        var length = 0;
        try
        {
            using var zlib = new ZLibStream(new SegmentStream(Compressed.Pieces), CompressionMode.Decompress);
            while (true)
            {
                if (length == buffer.Length)
                {
                    var larger = pool.Rent((int)Math.Min(Array.MaxLength, buffer.Length * 2L));
                    buffer.AsSpan(0, length).CopyTo(larger);
                    Return(buffer, length);
                    buffer = larger;
                }

                var read = zlib.Read(buffer, length, buffer.Length - length);
                if (read is 0) return new PooledOctets(buffer, length);
                length += read;
                if (length > bounds.Decompressed) throw new CmsFormatException("decompressed content is too large", CmsFault.TooLarge);
            }
        }
        catch (CmsFormatException)
        {
            Return(buffer, length);
            throw;
        }
        catch (InvalidDataException fault)
        {
            Return(buffer, length);
            throw new CmsFormatException("not a zlib stream", cause: fault);
        }

        void Return(byte[] rented, int used)
        {
            CryptographicOperations.ZeroMemory(rented.AsSpan(0, used));
            pool.Return(rented);
        }
    }

    /// <summary>The pieces as one stream, without joining them.</summary>
    private sealed class SegmentStream(IReadOnlyList<ReadOnlyMemory<byte>> pieces) : Stream
    {
        private int _piece;
        private int _offset;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            while (_piece < pieces.Count && _offset == pieces[_piece].Length) (_piece, _offset) = (_piece + 1, 0);
            if (_piece == pieces.Count) return 0;
            var take = Math.Min(buffer.Length, pieces[_piece].Length - _offset);
            pieces[_piece].Span.Slice(_offset, take).CopyTo(buffer);
            _offset += take;
            return take;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
