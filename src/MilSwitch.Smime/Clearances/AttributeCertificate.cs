using System.Formats.Asn1;
using System.Numerics;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Clearances;

/// <summary>
/// <c>AttributeCertificate ::= SEQUENCE { acinfo, signatureAlgorithm, signatureValue }</c> of version 2 (RFC 5755 §4.1). Reading one
/// does not believe it (<see cref="ClearanceJudge"/>). Immutable.
/// </summary>
public sealed class AttributeCertificate
{
    private AttributeCertificate(ReadOnlyMemory<byte> encoded, AsnReader outer)
    {
        Encoded = encoded;
        Signed = outer.PeekEncodedValue();
        Holder = ReadSigned(outer.ReadSequence());
        // As with certificates: the one outside is not signed, so it must not say anything else.
        if (AlgorithmIdentifier.Read(outer) != SignatureAlgorithm) throw new AsnContentException("two signature algorithms");
        Signature = outer.ReadBitString(out _);
        outer.ThrowIfNotEmpty();
    }

    /// <summary>As it was read.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The signed part.</summary>
    public ReadOnlyMemory<byte> Signed { get; }

    public ReadOnlyMemory<byte> Signature { get; }

    public AlgorithmIdentifier SignatureAlgorithm { get; private set; }

    public DistinguishedName Issuer { get; private set; } = null!;

    public BigInteger SerialNumber { get; private set; }

    public DateTimeOffset NotBefore { get; private set; }

    public DateTimeOffset NotAfter { get; private set; }

    public IReadOnlyList<CertificateAttribute> Attributes { get; private set; } = [];

    public IReadOnlyList<CertificateExtension> Extensions { get; private set; } = [];

    /// <summary>Servers or groups of servers for which it is alone; null: for all.</summary>
    public IReadOnlyList<GeneralName>? Targets { get; private set; }

    /// <summary>The first critical extension that nothing here knows; null: none.</summary>
    public string? UnknownCriticalExtension { get; private set; }

    internal AttributeCertificateHolder Holder { get; }

    /// <summary>Reads one.</summary>
    /// <exception cref="CmsFormatException">It is none, of another version or beyond the profile, or breaks a bound.</exception>
    public static AttributeCertificate Read(ReadOnlyMemory<byte> encoded, CmsBounds? bounds = null)
    {
        BerFrame.Check(encoded.Span, bounds ?? CmsBounds.Default);
        try
        {
            return new AttributeCertificate(encoded, new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence());
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw new CmsFormatException("not an attribute certificate", cause: fault);
        }
    }

    private AttributeCertificateHolder ReadSigned(AsnReader body)
    {
        if (!body.TryReadInt32(out var version) || version is not 1) throw new AsnContentException("an unknown version");
        var holder = AttributeCertificateHolder.Read(body.ReadSequence());
        Issuer = ReadIssuer(body);
        SignatureAlgorithm = AlgorithmIdentifier.Read(body);
        SerialNumber = body.ReadInteger();
        var validity = body.ReadSequence();
        NotBefore = validity.ReadGeneralizedTime();
        NotAfter = validity.ReadGeneralizedTime();
        validity.ThrowIfNotEmpty();
        Attributes = CertificateAttribute.ReadAll(body.ReadSequence());
        // issuerUniqueID is not in the profile (§4.2.8), and is not a reason to stop.
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveBitString)) body.ReadEncodedValue();
        if (body.HasData) Extensions = ExtensionReader.ReadAll(body.ReadSequence());
        body.ThrowIfNotEmpty();
        foreach (var extension in Extensions)
        {
            if (extension.Type == ClearanceOids.TargetInformation) Targets = ReadTargets(ExtensionReader.Sequence(extension.Value));
            else if (extension.IsCritical && extension.Type is not (CertificateOids.AuthorityKeyIdentifier or ClearanceOids.NoRevocationAvailable)) UnknownCriticalExtension ??= extension.Type;
        }

        return holder;
    }

    // §4.2.3: v2Form with one distinguished name and nothing else.
    private static DistinguishedName ReadIssuer(AsnReader body)
    {
        var form = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        var names = GeneralName.ReadAll(form.ReadSequence());
        form.ThrowIfNotEmpty();
        return names is [{ Directory: { IsEmpty: false } name }] ? name : throw new AsnContentException("an issuer that is not one distinguished name");
    }

    // §4.3.2: SEQUENCE OF Targets, which count as one.
    private static List<GeneralName> ReadTargets(AsnReader sequence)
    {
        var all = new List<GeneralName>();
        while (sequence.HasData)
        {
            var targets = sequence.ReadSequence();
            while (targets.HasData)
            {
                var tag = targets.PeekTag();
                // targetCert must not be used, and names nobody that could be us.
                if (tag is not { TagClass: TagClass.ContextSpecific, TagValue: 0 or 1 })
                {
                    targets.ReadEncodedValue();
                    continue;
                }

                var wrapper = targets.ReadSequence(tag);
                all.Add(GeneralName.Read(wrapper));
                wrapper.ThrowIfNotEmpty();
            }
        }

        return all;
    }
}
