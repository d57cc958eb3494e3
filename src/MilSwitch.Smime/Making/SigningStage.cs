using System.Buffers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>Puts a signature around an entity. The entity is not copied but for the transfer encoding of an opaque one.</summary>
internal static class SigningStage
{
    /// <param name="content">The entity, in canonical form.</param>
    /// <param name="settings">How.</param>
    /// <param name="layer">Where the signature stands, for RFC 2634 §1.3.4.</param>
    /// <param name="isInside">Something encrypts it: no transfer encoding is needed (RFC 8551 §3.1.2).</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    /// <returns>The signed entity, which refers to the content.</returns>
    public static async ValueTask<ReadOnlySequence<byte>> SignAsync(
        ReadOnlySequence<byte> content, SignatureSettings settings, SignatureLayer layer, bool isInside, CancellationToken cancellationToken)
    {
        var isClear = settings.Format is SignatureFormat.Clear;
        var parts = await SignedDataWriter.SignAsync(
            new SigningOrder
            {
                Content = ContentDigests.Of(content, settings.Signers.Select(s => s.Digest)),
                Signers = settings.Signers,
                IsDetached = isClear,
                SigningTime = settings.SigningTime,
                Attributes = settings.SignedAttributes(),
                Layer = layer,
                LinkSignatures = settings.LinkSignatures,
                IncludeCertificates = settings.IncludeCertificates,
                Certificates = settings.Certificates,
                RevocationLists = settings.RevocationLists,
                Suite = settings.Suite,
            },
            cancellationToken).ConfigureAwait(false);
        if (settings is { ReceiptRequest: not null, Requested: { } requested })
        {
            // Before anything is encrypted: afterwards nobody here could read it.
            var signed = SignedData.Read(parts.Join(isClear ? [] : content.ToArray()), CmsBounds.Default);
            requested([.. signed.Signers.Select(s => ReceiptEvidence.Of(signed, s))]);
        }

        return isClear
            ? SmimeWriter.ClearSigned(content, new ReadOnlySequence<byte>(parts.Prefix), Micalg(settings.Signers.Select(s => s.Digest)))
            : SmimeWriter.Opaque(SmimeClaim.SignedData, new OctetPieces().Add(parts.Prefix).Add(content).Add(parts.Suffix).ToSequence(), binary: isInside && !settings.EncodeInside);
    }

    /// <summary>Content in the form that a clear signature needs; anything will do for the others.</summary>
    /// <exception cref="MakingRefusedException">It can't be brought into it, or may not.</exception>
    public static ReadOnlySequence<byte> Prepare(ReadOnlySequence<byte> content, SignatureSettings settings, bool isInside)
    {
        if (settings.Format is not SignatureFormat.Clear || IsSevenBit(content)) return content;
        // Under a multipart/signed CR and LF alone would not survive, whatever carries it.
        if (!HasBareLineEnd(content) && (isInside || settings.EightBit is EightBitContent.Keep)) return content;
        if (settings.EightBit is not EightBitContent.Encode) throw new MakingRefusedException(MakingRefusal.NotSevenBit, "the content is not in 7 bits (RFC 8551 §3.1.3)");
        try
        {
            return new ReadOnlySequence<byte>(SmimeWriter.ToSevenBit(ProtectionSource.Read(content.IsSingleSegment ? content.First : content.ToArray())));
        }
        catch (FormatException fault)
        {
            throw new MakingRefusedException(MakingRefusal.NotSevenBit, fault.Message, fault);
        }
    }

    /// <summary>Names of digests as RFC 8551 §3.5.3.2 has them in micalg.</summary>
    public static IEnumerable<string> Micalg(IEnumerable<DigestAlgorithm> digests) => digests.Select(d => d.Name.Replace("sha", "sha-", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal);

    // Pieces end where lines do: they are heads that were written here, bodies, and base64.
    public static bool IsSevenBit(ReadOnlySequence<byte> content)
    {
        foreach (var piece in content)
        {
            if (!SmimeWriter.IsSevenBit(piece.Span)) return false;
        }

        return !HasBareLineEnd(content);
    }

    private static bool HasBareLineEnd(ReadOnlySequence<byte> content)
    {
        foreach (var piece in content)
        {
            if (MimeEntityReader.HasBareLineEnd(piece.Span)) return true;
        }

        return false;
    }
}
