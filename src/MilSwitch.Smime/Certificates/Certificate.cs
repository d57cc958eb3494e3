using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using MilSwitch.Labels;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// <c>Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }</c> (RFC 5280 §4.1) with the extensions
/// that belief depends on. Reading one does not believe it. Immutable; equal by its octets.
/// </summary>
public sealed class Certificate : IEquatable<Certificate>
{
    private const int MostPolicies = 256;
    private readonly Lazy<string> thumbprint;
    private CertificateFrame? frame;

    private Certificate(ReadOnlyMemory<byte> encoded, AsnReader outer)
    {
        Encoded = encoded;
        thumbprint = new Lazy<string>(() => Convert.ToHexStringLower(SHA256.HashData(Encoded.Span)));
        Signed = outer.PeekEncodedValue();
        ReadSigned(outer.ReadSequence());
        var algorithm = AlgorithmIdentifier.Read(outer);
        // RFC 5280 §4.1.1.2: the one outside is not signed, so it must not say anything else.
        if (algorithm != SignatureAlgorithm) throw new AsnContentException("two signature algorithms");
        Signature = outer.ReadBitString(out _);
        outer.ThrowIfNotEmpty();
    }

    /// <summary>As it was read.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The signed part.</summary>
    public ReadOnlyMemory<byte> Signed { get; }

    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>SHA-256 of the certificate in lower-case hex.</summary>
    public string Thumbprint => thumbprint.Value;

    /// <summary>What signatures are tied to.</summary>
    /// <exception cref="CmsFormatException">It breaks the bounds of signed objects.</exception>
    internal CertificateFrame Frame => frame ??= CertificateFrame.Read(Encoded);

    /// <summary>1 to 3.</summary>
    public int Version { get; private set; }

    public BigInteger SerialNumber { get; private set; }

    /// <summary>The serial number's octets in lower-case hex.</summary>
    public string SerialText { get; private set; } = "";

    public AlgorithmIdentifier SignatureAlgorithm { get; private set; }

    public DistinguishedName Issuer { get; private set; } = null!;

    public DistinguishedName Subject { get; private set; } = null!;

    public DateTimeOffset NotBefore { get; private set; }

    public DateTimeOffset NotAfter { get; private set; }

    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; private set; }

    /// <summary>The octets of the key alone, without its algorithm.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; private set; }

    /// <summary>The algorithm of the key.</summary>
    public AlgorithmIdentifier KeyAlgorithm { get; private set; }

    public IReadOnlyList<CertificateExtension> Extensions { get; private set; } = [];

    /// <summary>Null: absent, and the key may do anything.</summary>
    public KeyUses? KeyUsage { get; private set; }

    /// <summary>Null: absent, and the key may do anything.</summary>
    public IReadOnlyList<string>? ExtendedKeyUsage { get; private set; }

    /// <summary>basicConstraints says so.</summary>
    public bool IsAuthority { get; private set; }

    /// <summary>Null: without limit.</summary>
    public int? PathLength { get; private set; }

    public IReadOnlyList<GeneralName> AlternativeNames { get; private set; } = [];

    public NameConstraints? NameConstraints { get; private set; }

    /// <summary>Null: absent, which is not the same as anyPolicy.</summary>
    public IReadOnlyList<string>? Policies { get; private set; }

    public IReadOnlyList<PolicyMapping> PolicyMappings { get; private set; } = [];

    /// <summary>policyConstraints: after how many certificates a policy is required.</summary>
    public int? RequireExplicitPolicy { get; private set; }

    /// <summary>policyConstraints: after how many certificates policies are mapped no more.</summary>
    public int? InhibitPolicyMapping { get; private set; }

    public int? InhibitAnyPolicy { get; private set; }

    public IReadOnlyList<DistributionPoint> DistributionPoints { get; private set; } = [];

    public ReadOnlyMemory<byte>? SubjectKeyIdentifier { get; private set; }

    public ReadOnlyMemory<byte>? AuthorityKeyIdentifier { get; private set; }

    /// <summary>Authority Clearance Constraints (RFC 5913 §3), encoded and of good form; null: absent, and it constrains nothing.</summary>
    public ReadOnlyMemory<byte>? ClearanceConstraints { get; private set; }

    /// <summary>Its clearance constraints have a policy twice: whatever path it stands on is rejected (RFC 5913 §3).</summary>
    public bool HasRepeatedConstraint { get; private set; }

    /// <summary>Subject and issuer have one name (RFC 5280 §6.1).</summary>
    public bool IsSelfIssued => Subject.Equals(Issuer);

    /// <summary>The first critical extension that nothing here knows; null: none.</summary>
    public string? UnknownCriticalExtension { get; private set; }

    /// <summary>Addresses that it is for: alternative names, or, when those have none, emailAddress in the subject.</summary>
    public IReadOnlyList<string> MailAddresses { get; private set; } = [];

    /// <summary>Reads one.</summary>
    /// <exception cref="CmsFormatException">It is none, or breaks a bound.</exception>
    public static Certificate Read(ReadOnlyMemory<byte> encoded, CmsBounds? bounds = null)
    {
        BerFrame.Check(encoded.Span, bounds ?? CmsBounds.Default);
        try
        {
            return new Certificate(encoded, new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence());
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw new CmsFormatException("not a certificate", cause: fault);
        }
    }

    /// <summary>The key that verifies what it signs; null: of a kind that can't be used here.</summary>
    /// <param name="inherited">A DSA key without parameters takes them from here.</param>
    public VerificationKey? ReadKey(VerificationKey? inherited = null)
    {
        try
        {
            return VerificationKey.Read(SubjectPublicKeyInfo, inherited);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    public bool Equals(Certificate? other) => other is not null && Encoded.Span.SequenceEqual(other.Encoded.Span);

    public override bool Equals(object? obj) => Equals(obj as Certificate);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Signature.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Subject.ToString();

    private void ReadSigned(AsnReader body)
    {
        Version = 1;
        if (ExtensionReader.Next(body, 0))
        {
            var version = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            if (!version.TryReadInt32(out var number) || number is < 0 or > 2) throw new AsnContentException("an unknown version");
            version.ThrowIfNotEmpty();
            Version = number + 1;
        }

        SerialText = Convert.ToHexStringLower(body.PeekContentBytes().Span);
        SerialNumber = body.ReadInteger();
        SignatureAlgorithm = AlgorithmIdentifier.Read(body);
        Issuer = DistinguishedName.Read(body);
        var validity = body.ReadSequence();
        NotBefore = ReadTime(validity);
        NotAfter = ReadTime(validity);
        validity.ThrowIfNotEmpty();
        Subject = DistinguishedName.Read(body);
        SubjectPublicKeyInfo = body.PeekEncodedValue();
        var key = body.ReadSequence();
        KeyAlgorithm = AlgorithmIdentifier.Read(key);
        PublicKey = key.ReadBitString(out _);
        key.ThrowIfNotEmpty();
        // Unique identifiers (§4.1.2.8): read over.
        if (ExtensionReader.Next(body, 1)) body.ReadEncodedValue();
        if (ExtensionReader.Next(body, 2)) body.ReadEncodedValue();
        if (ExtensionReader.Next(body, 3))
        {
            if (Version is not 3) throw new AsnContentException("extensions before version 3");
            var wrapper = body.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3));
            Extensions = ExtensionReader.ReadAll(wrapper.ReadSequence());
            wrapper.ThrowIfNotEmpty();
        }

        body.ThrowIfNotEmpty();
        foreach (var extension in Extensions)
        {
            if (!ReadExtension(extension) && extension.IsCritical) UnknownCriticalExtension ??= extension.Type;
        }

        string[] addresses = [.. AlternativeNames.Where(n => n.Kind is GeneralNameKind.Rfc822Name or GeneralNameKind.SmtpUtf8Mailbox).Select(n => n.Text)];
        MailAddresses = addresses.Length > 0 ? addresses : Subject.EmailAddresses;
    }

    internal static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private bool ReadExtension(CertificateExtension extension)
    {
        var value = extension.Value;
        switch (extension.Type)
        {
            case CertificateOids.KeyUsage:
                KeyUsage = ExtensionReader.Single(value).ReadNamedBitListValue<KeyUses>();
                return true;
            case CertificateOids.ExtendedKeyUsage:
                ExtendedKeyUsage = ReadOids(ExtensionReader.Sequence(value));
                return true;
            case CertificateOids.BasicConstraints:
                var constraints = ExtensionReader.Sequence(value);
                IsAuthority = constraints.HasData && constraints.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && constraints.ReadBoolean();
                PathLength = constraints.HasData ? Count(constraints, Asn1Tag.Integer) : null;
                constraints.ThrowIfNotEmpty();
                return true;
            case CertificateOids.SubjectAlternativeName:
                AlternativeNames = GeneralName.ReadAll(ExtensionReader.Sequence(value));
                return true;
            case CertificateOids.NameConstraints:
                NameConstraints = NameConstraints.Read(ExtensionReader.Sequence(value));
                return true;
            case CertificateOids.CertificatePolicies:
                Policies = ReadPolicies(ExtensionReader.Sequence(value));
                return true;
            case CertificateOids.PolicyMappings:
                PolicyMappings = ReadMappings(ExtensionReader.Sequence(value));
                return true;
            case CertificateOids.PolicyConstraints:
                var policy = ExtensionReader.Sequence(value);
                if (ExtensionReader.Next(policy, 0)) RequireExplicitPolicy = Count(policy, new Asn1Tag(TagClass.ContextSpecific, 0));
                if (ExtensionReader.Next(policy, 1)) InhibitPolicyMapping = Count(policy, new Asn1Tag(TagClass.ContextSpecific, 1));
                policy.ThrowIfNotEmpty();
                return true;
            case CertificateOids.InhibitAnyPolicy:
                InhibitAnyPolicy = Count(ExtensionReader.Single(value), Asn1Tag.Integer);
                return true;
            case CertificateOids.CrlDistributionPoints:
                DistributionPoints = DistributionPoint.ReadAll(ExtensionReader.Sequence(value));
                return true;
            case CertificateOids.SubjectKeyIdentifier:
                SubjectKeyIdentifier = ExtensionReader.Single(value).ReadOctetString();
                return true;
            case CertificateOids.AuthorityKeyIdentifier:
                var authority = ExtensionReader.Sequence(value);
                if (ExtensionReader.Next(authority, 0)) AuthorityKeyIdentifier = authority.ReadOctetString(new Asn1Tag(TagClass.ContextSpecific, 0));
                return true;
            case CertificateOids.ClearanceConstraints:
                ReadClearanceConstraints(value);
                return true;
            case CertificateOids.SubjectDirectoryAttributes or CertificateOids.IssuerAlternativeName or CertificateOids.FreshestCrl or CertificateOids.OcspNoCheck:
                return true;
            default:
                return false;
        }
    }

    // What they mean depends on the policies that are loaded then; here just whether they are any.
    private void ReadClearanceConstraints(ReadOnlyMemory<byte> value)
    {
        try
        {
            HasRepeatedConstraint = Labels.Decisions.ClearanceConstraints.Of(ClearanceCodec.ReadConstraints(value)) is null;
            ClearanceConstraints = value;
        }
        catch (LabelRefusedException refusal)
        {
            throw new AsnContentException("no clearance constraints", refusal);
        }
    }

    // More than a path can have is as good as the number itself.
    private static int Count(AsnReader reader, Asn1Tag tag)
    {
        var number = reader.ReadInteger(tag);
        if (number.Sign < 0) throw new AsnContentException("a negative number");
        return number > 1_000 ? 1_000 : (int)number;
    }

    private static string[] ReadOids(AsnReader sequence)
    {
        var all = new List<string>();
        while (sequence.HasData)
        {
            if (all.Count == MostPolicies) throw new AsnContentException("too many purposes");
            all.Add(sequence.ReadObjectIdentifier());
        }

        return [.. all];
    }

    private static string[] ReadPolicies(AsnReader sequence)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        while (sequence.HasData)
        {
            if (all.Count == MostPolicies) throw new AsnContentException("too many policies");
            // RFC 5280 §4.2.1.4: a policy stands at most once.
            if (!all.Add(sequence.ReadSequence().ReadObjectIdentifier())) throw new AsnContentException("a policy stands twice");
        }

        if (all.Count is 0) throw new AsnContentException("no policy");
        return [.. all];
    }

    private static PolicyMapping[] ReadMappings(AsnReader sequence)
    {
        var all = new List<PolicyMapping>();
        while (sequence.HasData)
        {
            if (all.Count == MostPolicies) throw new AsnContentException("too many mappings");
            var pair = sequence.ReadSequence();
            all.Add(new PolicyMapping(pair.ReadObjectIdentifier(), pair.ReadObjectIdentifier()));
            pair.ThrowIfNotEmpty();
        }

        return [.. all];
    }
}
