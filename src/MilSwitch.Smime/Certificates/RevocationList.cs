using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Certificates;

/// <summary>CertificateList (RFC 5280 §5.1): complete, delta or indirect. Reading one does not believe it. Immutable.</summary>
public sealed class RevocationList
{
    // Lists of large authorities have hundreds of thousands of entries; each is five elements or so.
    private static readonly CmsBounds DefaultBounds = CmsBounds.Default with { Elements = 8_000_000 };

    private readonly Dictionary<BigInteger, RevokedEntry> own = [];
    private readonly Dictionary<(DistinguishedName Issuer, BigInteger Serial), RevokedEntry> others = [];
    private readonly Lazy<string> thumbprint;

    private RevocationList(ReadOnlyMemory<byte> encoded, AsnReader outer)
    {
        thumbprint = new Lazy<string>(() => Convert.ToHexStringLower(SHA256.HashData(encoded.Span)));
        Encoded = encoded;
        Signed = outer.PeekEncodedValue();
        ReadSigned(outer.ReadSequence());
        if (AlgorithmIdentifier.Read(outer) != SignatureAlgorithm) throw new AsnContentException("two signature algorithms");
        Signature = outer.ReadBitString(out _);
        outer.ThrowIfNotEmpty();
    }

    /// <summary>The whole list.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The signed part.</summary>
    public ReadOnlyMemory<byte> Signed { get; }

    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>SHA-256 of the list in lower-case hex.</summary>
    public string Thumbprint => thumbprint.Value;

    public AlgorithmIdentifier SignatureAlgorithm { get; private set; }

    public DistinguishedName Issuer { get; private set; } = null!;

    public DateTimeOffset ThisUpdate { get; private set; }

    /// <summary>Null: absent, against RFC 5280 §5.1.2.5; such a list is never current.</summary>
    public DateTimeOffset? NextUpdate { get; private set; }

    public BigInteger? Number { get; private set; }

    /// <summary>Of a delta list: the number of the complete one that it goes with. Null: this is a complete list.</summary>
    public BigInteger? BaseNumber { get; private set; }

    /// <summary>Null: every certificate of the issuer, every reason.</summary>
    public DistributionPoint? Point { get; private set; }

    public bool OnlyUserCertificates { get; private set; }

    public bool OnlyAuthorityCertificates { get; private set; }

    public bool OnlyAttributeCertificates { get; private set; }

    /// <summary>Null: all.</summary>
    public RevocationReasons? OnlySomeReasons { get; private set; }

    /// <summary>May hold certificates of other issuers.</summary>
    public bool IsIndirect { get; private set; }

    /// <summary>It has a critical extension, or an entry has, that nothing here knows: it must not be used to call a certificate good (RFC 5280 §5.2, §5.3).</summary>
    public bool HasUnknownCritical { get; private set; }

    public ReadOnlyMemory<byte>? AuthorityKeyIdentifier { get; private set; }

    /// <summary>The encoded issuing distribution point: two lists have one scope when these are equal.</summary>
    internal ReadOnlyMemory<byte> Scope { get; private set; }

    /// <summary>How many entries.</summary>
    public int Count => own.Count + others.Count;

    /// <summary>Reads one.</summary>
    /// <exception cref="CmsFormatException">It is none, or breaks a bound.</exception>
    public static RevocationList Read(ReadOnlyMemory<byte> encoded, CmsBounds? bounds = null)
    {
        BerFrame.Check(encoded.Span, bounds ?? DefaultBounds);
        try
        {
            return new RevocationList(encoded, new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence());
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw new CmsFormatException("not a revocation list", cause: fault);
        }
    }

    /// <summary>What the list says of a certificate; null: nothing.</summary>
    public RevokedEntry? Find(Certificate certificate) => Find(certificate.Issuer, certificate.SerialNumber);

    /// <summary>What the list says of a certificate, an attribute certificate as well; null: nothing.</summary>
    internal RevokedEntry? Find(DistinguishedName issuer, BigInteger serialNumber)
    {
        if (issuer.Equals(Issuer) && own.TryGetValue(serialNumber, out var entry)) return entry;
        return others.TryGetValue((issuer, serialNumber), out entry) ? entry : null;
    }

    private void ReadSigned(AsnReader body)
    {
        if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer) && (!body.TryReadInt32(out var version) || version is not 1)) throw new AsnContentException("an unknown version");
        SignatureAlgorithm = AlgorithmIdentifier.Read(body);
        Issuer = DistinguishedName.Read(body);
        ThisUpdate = Certificate.ReadTime(body);
        if (body.HasData && body.PeekTag() is { TagClass: TagClass.Universal, TagValue: (int)UniversalTagNumber.UtcTime or (int)UniversalTagNumber.GeneralizedTime }) NextUpdate = Certificate.ReadTime(body);
        var entries = body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence) ? body.ReadSequence() : null;
        if (ExtensionReader.Next(body, 0))
        {
            var wrapper = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            foreach (var extension in ExtensionReader.ReadAll(wrapper.ReadSequence()))
            {
                if (!ReadExtension(extension) && extension.IsCritical) HasUnknownCritical = true;
            }

            wrapper.ThrowIfNotEmpty();
        }

        body.ThrowIfNotEmpty();
        if (entries is not null) ReadEntries(entries);
    }

    private bool ReadExtension(CertificateExtension extension)
    {
        switch (extension.Type)
        {
            case CertificateOids.CrlNumber:
                Number = ExtensionReader.Single(extension.Value).ReadInteger();
                return true;
            case CertificateOids.DeltaCrlIndicator:
                BaseNumber = ExtensionReader.Single(extension.Value).ReadInteger();
                return true;
            case CertificateOids.AuthorityKeyIdentifier:
                var authority = ExtensionReader.Sequence(extension.Value);
                if (ExtensionReader.Next(authority, 0)) AuthorityKeyIdentifier = authority.ReadOctetString(new Asn1Tag(TagClass.ContextSpecific, 0));
                return true;
            case CertificateOids.IssuingDistributionPoint:
                Scope = extension.Value;
                ReadScope(ExtensionReader.Sequence(extension.Value));
                return true;
            default:
                return extension.Type is CertificateOids.IssuerAlternativeName or CertificateOids.FreshestCrl;
        }
    }

    // RFC 5280 §5.2.5.
    private void ReadScope(AsnReader scope)
    {
        Point = DistributionPoint.ReadIssuing(scope);
        OnlyUserCertificates = Flag(1);
        OnlyAuthorityCertificates = Flag(2);
        if (ExtensionReader.Next(scope, 3)) OnlySomeReasons = scope.ReadNamedBitListValue<RevocationReasons>(new Asn1Tag(TagClass.ContextSpecific, 3));
        IsIndirect = Flag(4);
        OnlyAttributeCertificates = Flag(5);
        scope.ThrowIfNotEmpty();

        bool Flag(int tag) => ExtensionReader.Next(scope, tag) && scope.ReadBoolean(new Asn1Tag(TagClass.ContextSpecific, tag));
    }

    private void ReadEntries(AsnReader entries)
    {
        var issuer = Issuer;
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            var serial = entry.ReadInteger();
            var at = Certificate.ReadTime(entry);
            var reason = 0;
            if (entry.HasData)
            {
                foreach (var extension in ExtensionReader.ReadAll(entry.ReadSequence()))
                {
                    switch (extension.Type)
                    {
                        case CertificateOids.ReasonCode:
                            var code = ExtensionReader.Single(extension.Value).ReadEnumeratedBytes().Span;
                            reason = code.Length is 1 ? code[0] : 0;
                            break;
                        // RFC 5280 §5.3.3: counts for the entries that follow, too.
                        case CertificateOids.CertificateIssuer:
                            issuer = GeneralName.ReadAll(ExtensionReader.Sequence(extension.Value)).FirstOrDefault(n => n.Directory is not null)?.Directory
                                ?? throw new AsnContentException("a certificate issuer without a name");
                            break;
                        case CertificateOids.InvalidityDate:
                            break;
                        default:
                            HasUnknownCritical |= extension.IsCritical;
                            break;
                    }
                }
            }

            entry.ThrowIfNotEmpty();
            if (issuer.Equals(Issuer)) own[serial] = new RevokedEntry(at, reason);
            else others[(issuer, serial)] = new RevokedEntry(at, reason);
        }
    }
}
