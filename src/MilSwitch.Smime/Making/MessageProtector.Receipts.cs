using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Making;

/// <content>Signed receipts (RFC 2634 §2).</content>
public static partial class MessageProtector
{
    private const int LongestMessageId = 250;

    /// <summary>
    /// Answers a request for a signed receipt, when one was made and is due (RFC 2634 §2.3). The receipt is a message to those
    /// whom the request, or the last mailing list, names. Whether one was sent before is for the caller to remember.
    /// </summary>
    /// <param name="message">As received, all of it.</param>
    /// <param name="settings">Who answers and how.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async ValueTask<ReceiptAnswer> MakeReceiptAsync(ReadOnlyMemory<byte> message, ReceiptSettings settings, CancellationToken cancellationToken = default)
    {
        using var collector = new LayerCollector(settings.Keys, settings.Opening);
        var walk = await LayerWalk.WalkAsync(message, collector, ProtectionSource.Budget(message.Length), cancellationToken).ConfigureAwait(false);
        var layers = walk.Layers.Where(l => l.IsAtRoot).ToArray();
        foreach (var layer in layers)
        {
            if (collector[layer]?.Opened is { Outcome: not OpeningOutcome.Opened and var outcome })
                throw new MakingRefusedException(MakingRefusal.NotOpened, new DecryptedMessage(OutcomeOf(outcome)).Text!);
        }

        var wasEncrypted = layers.Any(l => l.Type is LayerType.Encrypted or LayerType.AuthEncrypted);
        var signed = layers.Where(l => l.Type is LayerType.Signed).Select(l => collector[l]!).ToArray();
        if (signed.Length is 0 || walk.Fault is not MimeFault.None) return new ReceiptAnswer(new ReceiptOutcome(false, "0", []), null) { WasEncrypted = wasEncrypted };

        var judged = signed.Select(l => Judge(l, settings)).ToArray();
        var request = ReceiptDecision.Agreed(judged[^1].Select(j => j.Signer), out var asking);
        var due = ReceiptDecision.Decide(request, History(judged[0]), settings.Addresses.Count > 0 ? settings.Addresses : [settings.From]);
        if (!due.IsDue) return new ReceiptAnswer(due, null) { WasEncrypted = wasEncrypted };
        // Whoever could not be verified around the request may have changed who answers, and to whom.
        if (judged.Any(l => l.Count is 0)) throw new MakingRefusedException(MakingRefusal.SignatureNotGood, "an outer signature does not hold");
        if (wasEncrypted && settings is { Encryption: null, AllowOpenAnswer: false })
            throw new MakingRefusedException(MakingRefusal.EncryptionNeeded, "the message came encrypted, and so must its receipt");
        var addresses = due.Recipients.SelectMany(r => r.Addresses).Where(IsPlainAddress).Distinct(StringComparer.Ordinal).ToArray();
        if (addresses.Length is 0) throw new MakingRefusedException(MakingRefusal.NoAddress, "the request names nobody whom a receipt can be sent to");

        var verdict = judged[^1].First(j => j.Signer == asking).Verdict;
        var receipt = await SignedReceipts.MakeAsync(signed[^1].Signed!, asking!, verdict, settings.Signer, settings.Now, settings.Suite, cancellationToken).ConfigureAwait(false);
        var entity = await ReceiptEntityAsync(receipt, settings, cancellationToken).ConfigureAwait(false);
        return new ReceiptAnswer(due, ProtectionSource.Assemble(ReceiptFields(walk, settings, addresses), entity)) { Addresses = addresses, WasEncrypted = wasEncrypted };
    }

    /// <summary>What a sender keeps of a message to judge receipts for it by (RFC 2634 §2.2.2): one for each signer who asks.</summary>
    /// <param name="sent">The message as it was sent, all of it.</param>
    /// <param name="keys">To open it with; a sender who can't opens it before it is encrypted.</param>
    /// <param name="options">What is acceptable, and other secrets.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    /// <returns>None: it asks for no receipt, or can't be read.</returns>
    public static async ValueTask<IReadOnlyList<ReceiptEvidence>> EvidenceAsync(
        ReadOnlyMemory<byte> sent, IReadOnlyList<IDecryptionKey> keys, OpeningOptions options, CancellationToken cancellationToken = default)
    {
        using var collector = new LayerCollector(keys, options);
        var walk = await LayerWalk.WalkAsync(sent, collector, ProtectionSource.Budget(sent.Length), cancellationToken).ConfigureAwait(false);
        if (walk.Layers.LastOrDefault(l => l is { IsAtRoot: true, Type: LayerType.Signed }) is not { } inner || collector[inner] is not { Signed: { } signed }) return [];
        var evidence = new List<ReceiptEvidence>();
        foreach (var signer in signed.Signers)
        {
            if (signer.SignedAttributes.CountOf(AttributeTypes.ReceiptRequest) is 0) continue;
            try
            {
                evidence.Add(ReceiptEvidence.Of(signed, signer));
            }
            catch (CmsFormatException)
            {
                // No request that anybody could answer.
            }
        }

        return evidence;
    }

    /// <summary>Verifies a receipt against the message it should be for (RFC 2634 §2.6).</summary>
    /// <param name="receipt">The receipt's message, all of it; it may be encrypted and signed once more.</param>
    /// <param name="sent">The message as it was sent.</param>
    /// <param name="keys">To open both with.</param>
    /// <param name="opening">What is acceptable, and other secrets.</param>
    /// <param name="verification">What is demanded of the receipt's signature.</param>
    /// <param name="certificates">To look for signers' in, besides those in the receipt, DER.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async ValueTask<ReceiptVerification> VerifyReceiptAsync(
        ReadOnlyMemory<byte> receipt, ReadOnlyMemory<byte> sent, IReadOnlyList<IDecryptionKey> keys, OpeningOptions opening, VerificationOptions verification,
        IReadOnlyList<ReadOnlyMemory<byte>>? certificates = null, CancellationToken cancellationToken = default) =>
        await VerifyReceiptAsync(receipt, await EvidenceAsync(sent, keys, opening, cancellationToken).ConfigureAwait(false), keys, opening, verification, certificates, cancellationToken).ConfigureAwait(false);

    /// <summary>Verifies a receipt against what was kept of a message.</summary>
    /// <param name="receipt">The receipt's message, all of it; it may be encrypted and signed once more.</param>
    /// <param name="evidence">Any of these will do.</param>
    /// <param name="keys">To open the receipt with.</param>
    /// <param name="opening">What is acceptable, and other secrets.</param>
    /// <param name="verification">What is demanded of the receipt's signature.</param>
    /// <param name="certificates">To look for signers' in, besides those in the receipt, DER.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async ValueTask<ReceiptVerification> VerifyReceiptAsync(
        ReadOnlyMemory<byte> receipt, IReadOnlyList<ReceiptEvidence> evidence, IReadOnlyList<IDecryptionKey> keys, OpeningOptions opening, VerificationOptions verification,
        IReadOnlyList<ReadOnlyMemory<byte>>? certificates = null, CancellationToken cancellationToken = default)
    {
        using var collector = new LayerCollector(keys, opening);
        var walk = await LayerWalk.WalkAsync(receipt, collector, ProtectionSource.Budget(receipt.Length), cancellationToken).ConfigureAwait(false);
        if (walk.Layers.LastOrDefault(l => l.IsAtRoot) is not { Type: LayerType.Receipt } layer || collector[layer] is not { Signed: { } signed } found)
        {
            var closed = walk.Layers.Select(l => collector[l]?.Opened).FirstOrDefault(o => o is { Outcome: not OpeningOutcome.Opened });
            return new ReceiptVerification([closed is null ? Reason.ReceiptMismatch : ReasonOf(closed.Outcome)], null, []);
        }

        Receipt read;
        try
        {
            read = SignedReceipts.Read(signed);
        }
        catch (CmsFormatException)
        {
            return new ReceiptVerification([Reason.Malformed], null, []);
        }

        var signers = signed.Signers.Select(s => JudgeReceipt(signed, s, evidence, verification, certificates ?? [])).ToArray();
        var reasons = signers.Length is 0 ? [Reason.NoSigner] : signers.SelectMany(s => s.Verdict.Reasons).Distinct().ToArray();
        // The buffers of the layers around it end with this method.
        return new ReceiptVerification(reasons, read, signers) { Octets = found.Cms.ToArray() };
    }

    private static SignerJudgement JudgeReceipt(
        SignedData receipt, SignerInfo signer, IReadOnlyList<ReceiptEvidence> evidence, VerificationOptions options, IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        var certificate = SignerJudgement.CertificateOf(receipt, signer, certificates);
        if (certificate.IsEmpty) return new SignerJudgement(signer, certificate, new SignerVerdict { Reasons = [Reason.ChainIncomplete] });
        var key = SignerJudgement.KeyOf(certificate);
        var verdict = new SignerVerdict { Reasons = [Reason.ReceiptMismatch] };
        foreach (var one in evidence)
        {
            verdict = SignedReceipts.Verify(receipt, signer, certificate, key, one, options);
            if (verdict.IsGood) break;
        }

        return new SignerJudgement(signer, certificate, verdict);
    }

    private static Reason ReasonOf(OpeningOutcome outcome) => outcome switch
    {
        OpeningOutcome.NoKey => Reason.NoKey,
        OpeningOutcome.Unsupported => Reason.Unsupported,
        OpeningOutcome.WeakAlgorithm => Reason.WeakAlgorithm,
        _ => Reason.DecryptFailed,
    };

    // Those whose signatures hold and who are believed; nobody else may ask (RFC 2634 §2.3).
    private static List<SignerJudgement> Judge(CollectedLayer layer, ReceiptSettings settings)
    {
        if (layer.Content is not { } content) return [];
        var digests = new ContentDigests(content);
        return
        [
            .. layer.Signed!.Signers.Select(s => SignerJudgement.Of(layer.Signed, s, digests, settings.Certificates, settings.Verification))
                .Where(j => j.Verdict.IsGood && settings.Believes?.Invoke(j.Certificate) is not false),
        ];
    }

    private static IReadOnlyList<MlData>? History(List<SignerJudgement> outermost)
    {
        foreach (var judgement in outermost)
        {
            var attributes = judgement.Signer.SignedAttributes;
            if (attributes.CountOf(AttributeTypes.MlExpansionHistory) is 0) continue;
            try
            {
                return MlData.ReadHistory(attributes.Value(AttributeTypes.MlExpansionHistory));
            }
            catch (CmsFormatException fault)
            {
                throw new MakingRefusedException(MakingRefusal.SignatureNotGood, "the mailing list history can't be read", fault);
            }
        }

        return null;
    }

    private static async ValueTask<ReadOnlySequence<byte>> ReceiptEntityAsync(byte[] receipt, ReceiptSettings settings, CancellationToken cancellationToken)
    {
        var octets = new ReadOnlySequence<byte>(receipt);
        if (settings.Encryption is not { } encryption) return SmimeWriter.Opaque(SmimeClaim.SignedReceipt, octets, binary: false);
        // RFC 2634 §2.4 (11): who may not open it learns from the signature around it what it is.
        var sealedReceipt = SealingStage.Seal(SmimeWriter.Opaque(SmimeClaim.SignedReceipt, octets, binary: !encryption.EncodeInside), encryption, binary: !encryption.EncodeInside);
        var outer = new SignatureSettings
        {
            Signers = [settings.Signer],
            Format = SignatureFormat.Opaque,
            SigningTime = settings.Now,
            ContentHints = new ContentHints(ContentTypes.Receipt),
            Suite = settings.Suite,
        };
        return await SigningStage.SignAsync(sealedReceipt, outer, SignatureLayer.Outer, isInside: false, cancellationToken).ConfigureAwait(false);
    }

    // Nothing of what the message says goes into it (threat C8).
    private static byte[] ReceiptFields(LayerWalk walk, ReceiptSettings settings, string[] addresses)
    {
        if (!IsPlainAddress(settings.From)) throw new ArgumentException("an address that can't stand in a header", nameof(settings));
        var domain = settings.From[(settings.From.LastIndexOf('@') + 1)..];
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"From: {settings.From}\r\nTo: {string.Join(",\r\n ", addresses)}\r\n")
            .Append(CultureInfo.InvariantCulture, $"Date: {settings.Now.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\r\n")
            .Append(CultureInfo.InvariantCulture, $"Message-ID: <{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}@{domain}>\r\nSubject: Signed receipt\r\nAuto-Submitted: auto-replied\r\n");
        var ids = HeaderText.Read(walk.Root.Header).Where(f => f.IsNamed("Message-ID")).ToArray();
        if (ids is [{ Value: ['<', .., '>'] and { Length: <= LongestMessageId } id }] && id.AsSpan()[1..^1].IndexOfAnyExceptInRange('!', '~') < 0 && id.AsSpan()[1..^1].IndexOfAny('<', '>') < 0)
            text.Append(CultureInfo.InvariantCulture, $"In-Reply-To: {id}\r\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    // An addr-spec without quoting and comments: what an rfc822Name holds may be anything.
    private static bool IsPlainAddress(string address) =>
        address.LastIndexOf('@') is > 0 and var at && at < address.Length - 1 && address.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0
        && address.AsSpan().IndexOfAny("<>,;:\"()[]\\") < 0 && address.IndexOf('@', StringComparison.Ordinal) == at && address.Length <= 254;
}
