using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Certificates;

/// <summary>A successful OCSPResponse with a BasicOCSPResponse (RFC 6960 §4.2.1), from a file or stapled. Reading one does not believe it. Immutable.</summary>
public sealed class OcspResponse
{
    private const int Most = 64;
    private readonly DistinguishedName? responderName;
    private readonly ReadOnlyMemory<byte> responderKey;
    private readonly Lazy<string> thumbprint;

    private OcspResponse(ReadOnlyMemory<byte> encoded, AsnReader basic)
    {
        thumbprint = new Lazy<string>(() => Convert.ToHexStringLower(SHA256.HashData(encoded.Span)));
        Signed = basic.PeekEncodedValue();
        var data = basic.ReadSequence();
        SignatureAlgorithm = AlgorithmIdentifier.Read(basic);
        Signature = basic.ReadBitString(out _);
        Certificates = ReadCertificates(basic);
        basic.ThrowIfNotEmpty();
        if (ExtensionReader.Next(data, 0) && (!data.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).TryReadInt32(out var version) || version is not 0)) throw new AsnContentException("an unknown version");
        if (ExtensionReader.Next(data, 1)) responderName = DistinguishedName.Read(data.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 1)));
        else responderKey = data.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 2)).ReadOctetString();
        ProducedAt = data.ReadGeneralizedTime();
        Answers = ReadAnswers(data.ReadSequence());
        HasUnknownCritical = ReadExtensions(data, 1);
        data.ThrowIfNotEmpty();
    }

    /// <summary>The signed part.</summary>
    public ReadOnlyMemory<byte> Signed { get; }

    public ReadOnlyMemory<byte> Signature { get; }

    public AlgorithmIdentifier SignatureAlgorithm { get; }

    /// <summary>SHA-256 of the response in lower-case hex.</summary>
    public string Thumbprint => thumbprint.Value;

    public DateTimeOffset ProducedAt { get; }

    public IReadOnlyList<OcspAnswer> Answers { get; }

    /// <summary>Certificates that came with it, to be judged.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>A critical extension that nothing here knows.</summary>
    public bool HasUnknownCritical { get; }

    /// <summary>The response says that this one signed it.</summary>
    public bool Names(Certificate responder) => responderName is not null
        ? responderName.Equals(responder.Subject)
        // RFC 6960 §4.2.1: KeyHash is always SHA-1. It only says which key to try.
        : DigestAlgorithm.Sha1.Hash(responder.PublicKey.Span).AsSpan().SequenceEqual(responderKey.Span);

    /// <summary>Reads one.</summary>
    /// <exception cref="CmsFormatException">It is none, tells of an error, or breaks a bound.</exception>
    public static OcspResponse Read(ReadOnlyMemory<byte> encoded, CmsBounds? bounds = null)
    {
        bounds ??= CmsBounds.Default;
        BerFrame.Check(encoded.Span, bounds);
        try
        {
            var outer = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence();
            if (outer.ReadEnumeratedBytes().Span is not [0]) throw new CmsFormatException("an OCSP response that tells of an error");
            var wrapper = outer.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
            outer.ThrowIfNotEmpty();
            if (wrapper.ReadObjectIdentifier() != CertificateOids.OcspBasic) throw new CmsFormatException("an OCSP response of another type than the basic one");
            ReadOnlyMemory<byte> inner = wrapper.ReadOctetString();
            wrapper.ThrowIfNotEmpty();
            BerFrame.Check(inner.Span, bounds);
            return new OcspResponse(encoded, new AsnReader(inner, AsnEncodingRules.BER).ReadSequence());
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw new CmsFormatException("not an OCSP response", cause: fault);
        }
    }

    private static Certificate[] ReadCertificates(AsnReader basic)
    {
        if (!ExtensionReader.Next(basic, 0)) return [];
        var sequence = basic.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
        var all = new List<Certificate>();
        while (sequence.HasData)
        {
            if (all.Count == Most) throw new CmsFormatException("too many certificates", CmsFault.TooLarge);
            all.Add(Certificate.Read(sequence.ReadEncodedValue()));
        }

        return [.. all];
    }

    private static OcspAnswer[] ReadAnswers(AsnReader sequence)
    {
        var all = new List<OcspAnswer>();
        while (sequence.HasData)
        {
            if (all.Count == Most) throw new CmsFormatException("too many answers", CmsFault.TooLarge);
            var answer = sequence.ReadSequence();
            var id = answer.ReadSequence();
            var digest = DigestAlgorithm.Find(AlgorithmIdentifier.Read(id));
            var name = id.ReadOctetString();
            var key = id.ReadOctetString();
            var serial = id.ReadInteger();
            id.ThrowIfNotEmpty();
            var tag = answer.PeekTag();
            if (tag.TagClass != TagClass.ContextSpecific || tag.TagValue > 2) throw new AsnContentException("an unknown status");
            answer.ReadEncodedValue();
            var thisUpdate = answer.ReadGeneralizedTime();
            DateTimeOffset? nextUpdate = ExtensionReader.Next(answer, 0) ? answer.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadGeneralizedTime() : null;
            var unknown = ReadExtensions(answer, 1);
            answer.ThrowIfNotEmpty();
            all.Add(new OcspAnswer(digest, name, key, serial, (OcspStatus)tag.TagValue, thisUpdate, nextUpdate, unknown));
        }

        return [.. all];
    }

    private static bool ReadExtensions(AsnReader reader, int tag) => ExtensionReader.Next(reader, tag)
        && ExtensionReader.ReadAll(reader.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, tag)).ReadSequence()).Any(e => e.IsCritical && e.Type != CertificateOids.OcspNonce);
}
