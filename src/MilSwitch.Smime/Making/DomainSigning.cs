using System.Buffers;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>
/// Signs on behalf of others (RFC 3183 §3): never beside another signature, always around all that is there, so that the order in
/// which signatures came can be told. Around a message that nobody signed an object without signers is put first. Whether all
/// signatures inside hold, and who the originator is, must be known before (§3.2). Nothing is kept between calls; thread-safe.
/// </summary>
/// <remarks>Throws as <see cref="MessageProtector"/> does.</remarks>
public static class DomainSigning
{
    /// <summary>Signs.</summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="settings">How, and in which role; the originator's is none of these.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async ValueTask<ReadOnlySequence<byte>> SignAsync(ReadOnlyMemory<byte> message, SignatureSettings settings, CancellationToken cancellationToken = default)
    {
        var root = ProtectionSource.Read(message);
        if (ProtectionSource.IsProtected(root)) return await MessageProtector.SignAsync(root, settings, cancellationToken).ConfigureAwait(false);
        var (outer, signed) = await SignInsideAsync(root, settings, encryption: null, cancellationToken).ConfigureAwait(false);
        return ProtectionSource.Assemble(outer, signed);
    }

    /// <summary>Signs, and encrypts that: RFC 3183 §4 has the signature inside of the encryption.</summary>
    /// <param name="message">All of it, header and body. Of one that is protected already nothing can be hidden any more.</param>
    /// <param name="signature">As above.</param>
    /// <param name="encryption">Around it.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async ValueTask<ReadOnlySequence<byte>> SignAndEncryptAsync(
        ReadOnlyMemory<byte> message, SignatureSettings signature, EncryptionSettings encryption, CancellationToken cancellationToken = default)
    {
        var root = ProtectionSource.Read(message);
        if (ProtectionSource.IsProtected(root))
        {
            var made = await MessageProtector.SignAsync(root, signature, cancellationToken).ConfigureAwait(false);
            return await MessageProtector.EncryptAsync(made.ToArray(), encryption, cancellationToken).ConfigureAwait(false);
        }

        var (outer, signed) = await SignInsideAsync(root, signature, encryption, cancellationToken).ConfigureAwait(false);
        return ProtectionSource.Assemble(outer, SealingStage.Seal(signed, encryption, binary: false));
    }

    /// <summary>An object that nobody signed around content that nobody signed (RFC 3183 §3 (1)): id-data, and the content in eContent.</summary>
    internal static ReadOnlySequence<byte> Empty(ReadOnlySequence<byte> content)
    {
        var frame = new SignedDataFrame
        {
            ContentType = ContentTypes.Data,
            ContentLength = content.Length,
            DigestAlgorithms = [],
            Certificates = [],
            RevocationLists = [],
            Signers = [],
            HasThirdVersionSigner = false,
        }.Assemble();
        return SmimeWriter.Opaque(SmimeClaim.SignedData, new OctetPieces().Add(frame.Prefix).Add(content).Add(frame.Suffix).ToSequence(), binary: false);
    }

    private static async ValueTask<(ReadOnlyMemory<byte> OuterFields, ReadOnlySequence<byte> Signed)> SignInsideAsync(
        MimeEntity root, SignatureSettings settings, EncryptionSettings? encryption, CancellationToken cancellationToken)
    {
        ProtectionSource.Check(root, settings.Tolerated);
        var policy = encryption?.HeaderPolicy ?? HeaderConfidentialityPolicy.None;
        var taken = ProtectionSource.TakeApart(root, settings.HeaderProtection, encrypts: encryption is not null, policy, encryption?.LegacyDisplay ?? false);
        var content = Empty(ProtectionSource.Payload(taken));
        return (taken.OuterFields, await SigningStage.SignAsync(content, settings, SignatureLayer.Only, isInside: encryption is not null, cancellationToken).ConfigureAwait(false));
    }
}
