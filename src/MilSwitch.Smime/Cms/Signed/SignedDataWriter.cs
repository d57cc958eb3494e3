using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// Makes SignedData (RFC 5652 §5) in DER around a content that is not touched: only its digests are needed. Signatures are
/// made first, so that every length is known when the frame is written.
/// </summary>
public static class SignedDataWriter
{
    private const byte Sequence = 0x30, OctetString = 0x04, First = 0xA0, Set = 0x31;

    /// <summary>Signs.</summary>
    /// <exception cref="SigningRefusedException">It would break a rule of placement or of the suite.</exception>
    /// <exception cref="Keys.KeyUnavailableException">A key can't be used now.</exception>
    public static async ValueTask<SignedParts> SignAsync(SigningOrder order, CancellationToken cancellationToken = default)
    {
        Check(order);
        var attributes = new byte[order.Signers.Count][];
        for (var i = 0; i < attributes.Length; i++) attributes[i] = Attributes(order, order.Signers[i], default);
        if (order.LinkSignatures && attributes.Length > 1) Link(order, attributes);
        var signers = new List<ReadOnlyMemory<byte>>(attributes.Length);
        var digests = new List<ReadOnlyMemory<byte>>(1);
        var certificates = new List<ReadOnlyMemory<byte>>(1 + order.Certificates.Count + order.OtherCertificates.Count);
        for (var i = 0; i < attributes.Length; i++)
        {
            var signer = order.Signers[i];
            var signature = await signer.Key.SignAsync(attributes[i], cancellationToken);
            signers.Add(Signer(signer, attributes[i], signature));
            AddOnce(digests, signer.DigestAlgorithm);
            if (order.IncludeCertificates) AddOnce(certificates, signer.Key.Certificate);
        }

        foreach (var certificate in order.Certificates) AddOnce(certificates, certificate);
        foreach (var certificate in order.OtherCertificates) AddOnce(certificates, certificate);
        return new SignedDataFrame
        {
            ContentType = order.ContentType,
            ContentLength = order.IsDetached ? null : order.Content.Length,
            DigestAlgorithms = digests,
            Certificates = certificates,
            RevocationLists = [.. order.RevocationLists],
            Signers = signers,
            HasThirdVersionSigner = HasKeyIdentifier(order.Signers),
        }.Assemble();
    }

    /// <summary>An object without signer and content that carries certificates and revocation lists (RFC 8551 §3.8).</summary>
    public static byte[] CertificatesOnly(IReadOnlyList<ReadOnlyMemory<byte>> certificates, IReadOnlyList<ReadOnlyMemory<byte>> revocationLists) => new SignedDataFrame
    {
        ContentType = ContentTypes.Data,
        ContentLength = null,
        DigestAlgorithms = [],
        Certificates = [.. certificates],
        RevocationLists = [.. revocationLists],
        Signers = [],
        HasThirdVersionSigner = false,
    }.Assemble().Join([]);

    /// <summary>Adds a signature over another signature (RFC 5652 §11.4); all else stays octet for octet.</summary>
    /// <param name="signed">As read.</param>
    /// <param name="path">
    /// The signature to countersign: index of the signer, and below it indices of <see cref="SignerInfo.Countersignatures"/>.
    /// </param>
    /// <param name="signer">Countersigns.</param>
    /// <param name="signingTime">Null: no signingTime attribute.</param>
    /// <param name="suite">What may be made.</param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    /// <returns>The gap is for the content that <paramref name="signed"/> had.</returns>
    /// <exception cref="SigningRefusedException">It would break a rule of the suite.</exception>
    /// <exception cref="Keys.KeyUnavailableException">The key can't be used now.</exception>
    public static async ValueTask<SignedParts> CountersignAsync(
        SignedData signed, IReadOnlyList<int> path, CmsSigner signer, DateTimeOffset? signingTime, Algorithms.AlgorithmSuite suite, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(path.Count);
        Check(signer, suite);
        var target = signed.Signers[path[0]];
        for (var i = 1; i < path.Count; i++) target = target.Countersignatures[path[i]];
        var attributes = CounterAttributes(target, signer, signingTime);
        var signature = await signer.Key.SignAsync(attributes, cancellationToken);
        var counter = (ReadOnlyMemory<byte>)Signer(signer, attributes, signature);
        var signers = signed.Signers.Select(s => s.Encoded).ToList();
        signers[path[0]] = Countersigned(signed.Signers[path[0]], path, 1, counter);
        // Countersigners' digests are not among digestAlgorithms, which are of the content.
        var digests = signed.DigestAlgorithms.Select(a => (ReadOnlyMemory<byte>)EssValue.Encode(a.Write)).ToList();
        List<ReadOnlyMemory<byte>> certificates = [.. signed.Certificates, .. signed.OtherCertificates];
        AddOnce(certificates, signer.Key.Certificate);
        return new SignedDataFrame
        {
            ContentType = signed.ContentType,
            ContentLength = signed.Content?.Length,
            DigestAlgorithms = digests,
            Certificates = certificates,
            RevocationLists = [.. signed.RevocationLists, .. signed.OtherRevocation],
            Signers = signers,
            HasThirdVersionSigner = signed.Signers.Any(s => s.Version is 3),
        }.Assemble();
    }

    private static void Check(SigningOrder order)
    {
        if (order.Signers.Count is 0) throw new ArgumentException("nobody signs", nameof(order));
        foreach (var signer in order.Signers) Check(signer, order.Suite);
        for (var i = 0; i < order.Attributes.Count; i++)
        {
            var type = order.Attributes[i].Type;
            if (type is AttributeTypes.ContentType or AttributeTypes.MessageDigest or AttributeTypes.SigningTime or AttributeTypes.SigningCertificateV2
                or AttributeTypes.AlgorithmProtection or AttributeTypes.MultipleSignatures) throw new SigningRefusedException("an attribute is the writer's own: " + type);
            var rule = AttributePlacement.Find(type);
            if (!AttributePlacement.MaySign(type, order.ContentType, order.Layer)) throw new SigningRefusedException($"{rule!.Name} may not stand there (RFC 2634 §1.3.4)");
            if (rule is { IsSingle: true } && order.Attributes[i].Values.Count is not 1) throw new SigningRefusedException($"{rule.Name} has one value");
            for (var j = 0; j < i; j++)
            {
                if (order.Attributes[j].Type == type) throw new SigningRefusedException("an attribute is there twice: " + type);
            }
        }

        // RFC 2634 §2.4: a receipt says which message it is for.
        if (order.ContentType is ContentTypes.Receipt && order.Attributes.All(a => a.Type is not AttributeTypes.MsgSigDigest))
            throw new SigningRefusedException("a receipt without msgSigDigest (RFC 2634 §2.4)");
    }

    private static void Check(CmsSigner signer, Algorithms.AlgorithmSuite suite)
    {
        var rules = suite.Making;
        if (!rules.Allows(signer.Digest) || signer.PublicKey is not { } key || !rules.Suffices(signer.Scheme.Family, key.Size))
            throw new SigningRefusedException($"suite {suite.Name} makes no such signatures");
    }

    private static bool HasKeyIdentifier(IReadOnlyList<CmsSigner> signers)
    {
        for (var i = 0; i < signers.Count; i++)
        {
            if (signers[i].Identifier.IsKeyIdentifier) return true;
        }

        return false;
    }

    // What is signed: DER, SET OF.
    private static byte[] Attributes(SigningOrder order, CmsSigner signer, CmsAttribute links)
    {
        var digest = order.Content.Find(signer.Digest) ?? throw new ArgumentException("a digest that a signer needs was not taken", nameof(order));
        var attributes = new List<byte[]>(8) { AttributeEncoding.ContentType(order.ContentType), AttributeEncoding.MessageDigest(digest) };
        if (order.SigningTime is { } time) attributes.Add(AttributeEncoding.Single(AttributeTypes.SigningTime, SigningTime.Encode(time)));
        attributes.AddRange(signer.EachTime);
        Add(attributes, signer.OwnAttributes, order.Attributes);
        Add(attributes, order.Attributes, []);
        if (links.Type is not null) attributes.Add(AttributeEncoding.Of(links));
        return AttributeEncoding.Set(attributes);
    }

    // Those of the order win over the signer's own of the same type.
    private static void Add(List<byte[]> to, IReadOnlyList<CmsAttribute> attributes, IReadOnlyList<CmsAttribute> winners)
    {
        for (var i = 0; i < attributes.Count; i++)
        {
            var isBeaten = false;
            for (var j = 0; j < winners.Count; j++) isBeaten |= winners[j].Type == attributes[i].Type;
            if (!isBeaten) to.Add(AttributeEncoding.Of(attributes[i]));
        }
    }

    // RFC 5652 §11.4: no contentType. RFC 2634 §1.3.4 allows only these attributes.
    private static byte[] CounterAttributes(SignerInfo target, CmsSigner signer, DateTimeOffset? time)
    {
        var attributes = new List<byte[]> { AttributeEncoding.MessageDigest(signer.Digest.Hash(target.Signature.Span)) };
        if (time is { } at) attributes.Add(AttributeEncoding.Single(AttributeTypes.SigningTime, SigningTime.Encode(at)));
        attributes.AddRange(signer.EachTime);
        return AttributeEncoding.Set(attributes);
    }

    // RFC 5752 §4.4.1: first with empty hashes, then with the hashes of that.
    private static void Link(SigningOrder order, byte[][] attributes)
    {
        for (var i = 0; i < attributes.Length; i++) attributes[i] = Attributes(order, order.Signers[i], Pointers(order, i, (_, _) => default));
        var empty = attributes.ToArray();
        for (var i = 0; i < attributes.Length; i++) attributes[i] = Attributes(order, order.Signers[i], Pointers(order, i, (from, to) => order.Signers[from].Digest.Hash(empty[to])));
    }

    private static CmsAttribute Pointers(SigningOrder order, int from, Func<int, int, ReadOnlyMemory<byte>> hash)
    {
        var key = order.Signers[from].Key;
        var values = new List<ReadOnlyMemory<byte>>();
        for (var to = 0; to < order.Signers.Count; to++)
        {
            if (to == from) continue;
            var target = order.Signers[to].Key;
            var certificate = EssCertId.Of(target.Certificate.Span, Algorithms.DigestAlgorithm.Sha256);
            values.Add(new MultipleSignatures(target.DigestAlgorithm, target.SignatureAlgorithm, key.DigestAlgorithm, hash(from, to), certificate).Encode());
        }

        return new CmsAttribute(AttributeTypes.MultipleSignatures, values);
    }

    private static byte[] Signer(CmsSigner signer, byte[] attributes, byte[] signature)
    {
        long contents = signer.Head.Length + attributes.Length + signer.SignatureAlgorithm.Length + SignedDataFrame.Size(signature.Length);
        var encoded = new byte[SignedDataFrame.Size(contents)];
        var cursor = new SignedDataFrame.Cursor(encoded);
        cursor.Tag(Sequence, contents);
        cursor.Copy(signer.Head.Span);
        // Signed as a SET OF, sent with the tag [0] (RFC 5652 §5.4); the octets are ours alone.
        attributes[0] = First;
        cursor.Copy(attributes);
        attributes[0] = Set;
        cursor.Copy(signer.SignatureAlgorithm.Span);
        cursor.Tag(OctetString, signature.Length);
        cursor.Copy(signature);
        return encoded;
    }

    // Recursion follows the path, which is as long as what was read is deep.
    private static byte[] Countersigned(SignerInfo signer, IReadOnlyList<int> path, int level, ReadOnlyMemory<byte> counter)
    {
        List<ReadOnlyMemory<byte>> counters = [.. signer.Countersignatures.Select(c => c.Encoded)];
        if (level == path.Count) counters.Add(counter);
        else counters[path[level]] = Countersigned(signer.Countersignatures[path[level]], path, level + 1, counter);
        var unsigned = signer.UnsignedAttributes.Where(a => a.Type is not AttributeTypes.CounterSignature).Append(new CmsAttribute(AttributeTypes.CounterSignature, counters)).ToArray();
        try
        {
            return Encode(AsnEncodingRules.DER);
        }
        catch (ArgumentException)
        {
            // What was received was not DER, and stays as it is.
            return Encode(AsnEncodingRules.BER);
        }

        byte[] Encode(AsnEncodingRules rules)
        {
            var writer = new AsnWriter(rules);
            var old = new AsnReader(signer.Encoded, AsnEncodingRules.BER).ReadSequence();
            var unsignedTag = new Asn1Tag(TagClass.ContextSpecific, 1, isConstructed: true);
            using (writer.PushSequence())
            {
                while (old.HasData && old.PeekTag() != unsignedTag) writer.WriteEncodedValue(old.ReadEncodedValue().Span);
                using (writer.PushSetOf(unsignedTag))
                {
                    foreach (var attribute in unsigned) attribute.Write(writer);
                }
            }

            return writer.Encode();
        }
    }

    private static void AddOnce(List<ReadOnlyMemory<byte>> pieces, ReadOnlyMemory<byte> piece)
    {
        foreach (var known in pieces)
        {
            if (known.Span.SequenceEqual(piece.Span)) return;
        }

        pieces.Add(piece);
    }
}
