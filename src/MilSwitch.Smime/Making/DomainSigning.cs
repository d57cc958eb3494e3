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
    public static ValueTask<ReadOnlySequence<byte>> SignAsync(ReadOnlyMemory<byte> message, SignatureSettings settings, CancellationToken cancellationToken = default) =>
        ProtectAsync(message, [settings], encapsulates: true, encryption: null, cancellationToken);

    /// <summary>Signs, and encrypts that: RFC 3183 §4 has the signature inside of the encryption.</summary>
    /// <param name="message">All of it, header and body. Of one that is protected already nothing can be hidden any more.</param>
    /// <param name="signature">As above.</param>
    /// <param name="encryption">Around it.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static ValueTask<ReadOnlySequence<byte>> SignAndEncryptAsync(
        ReadOnlyMemory<byte> message, SignatureSettings signature, EncryptionSettings encryption, CancellationToken cancellationToken = default) =>
        ProtectAsync(message, [signature], encapsulates: true, encryption, cancellationToken);

    /// <summary>Signs, each time around the last signature, and encrypts that.</summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="signatures">In their order, one at least. The first one's header protection counts.</param>
    /// <param name="encapsulates">An object without signers goes first around what nobody signed.</param>
    /// <param name="encryption">Around them; null: none.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async ValueTask<ReadOnlySequence<byte>> ProtectAsync(
        ReadOnlyMemory<byte> message, IReadOnlyList<SignatureSettings> signatures, bool encapsulates, EncryptionSettings? encryption, CancellationToken cancellationToken = default)
    {
        var root = ProtectionSource.Read(message);
        if (ProtectionSource.IsProtected(root)) return await ProtectAgainAsync(message, signatures, encryption, cancellationToken).ConfigureAwait(false);
        ProtectionSource.Check(root, signatures[0].Tolerated);
        var policy = encryption?.HeaderPolicy ?? HeaderConfidentialityPolicy.None;
        var taken = ProtectionSource.TakeApart(root, signatures[0].HeaderProtection, encrypts: encryption is not null, policy, encryption?.LegacyDisplay ?? false);
        var payload = ProtectionSource.Payload(taken);
        var entity = encapsulates ? Empty(payload) : SigningStage.Prepare(payload, signatures[0], isInside: encryption is not null);
        for (var i = 0; i < signatures.Count; i++)
        {
            var layer = signatures.Count is 1 ? SignatureLayer.Only : i is 0 ? SignatureLayer.Inner : SignatureLayer.Outer;
            entity = await SigningStage.SignAsync(entity, signatures[i], layer, isInside: encryption is not null, cancellationToken).ConfigureAwait(false);
        }

        return ProtectionSource.Assemble(taken.OuterFields, encryption is null ? entity : SealingStage.Seal(entity, encryption, binary: false));
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

    private static async ValueTask<ReadOnlySequence<byte>> ProtectAgainAsync(
        ReadOnlyMemory<byte> message, IReadOnlyList<SignatureSettings> signatures, EncryptionSettings? encryption, CancellationToken cancellationToken)
    {
        var made = new ReadOnlySequence<byte>(message);
        for (var i = 0; i < signatures.Count; i++)
        {
            var settings = i is 0 ? signatures[i] : signatures[i] with { HeaderProtection = ProtectionScheme.None };
            made = await MessageProtector.SignAsync(made.ToArray(), settings, cancellationToken).ConfigureAwait(false);
        }

        return encryption is null ? made : await MessageProtector.EncryptAsync(made.ToArray(), encryption, cancellationToken).ConfigureAwait(false);
    }
}
