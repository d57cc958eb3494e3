using System.Collections.Immutable;
using System.Text;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// Tells what a message is, layer by layer, and whether to believe it. Bad octets are a verdict, never an exception. What is
/// at the root protects the message; everything else is told and changes nothing (threats C2, C8). Stateless and thread-safe.
/// </summary>
public static class MessageInspector
{
    private static readonly byte[] Wrapper = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n"u8.ToArray();

    /// <summary>Inspects a message, or a CMS object that stands by itself.</summary>
    /// <param name="octets">RFC 5322 message; CMS as DER, PEM or base64.</param>
    /// <param name="options">How it is judged.</param>
    /// <param name="cancellationToken">Gives up waiting for a key.</param>
    /// <returns>To be disposed: it holds opened plaintext.</returns>
    /// <exception cref="Keys.KeyUnavailableException">A key that could open it can't be used now.</exception>
    public static async Task<InspectionResult> InspectAsync(ReadOnlyMemory<byte> octets, InspectionOptions options, CancellationToken cancellationToken = default)
    {
        var layers = await OpenAsync(octets, options, cancellationToken).ConfigureAwait(false);
        try
        {
            return new Inspection(layers, options.Policies).Conclude();
        }
        catch
        {
            layers.Dispose();
            throw;
        }
    }

    /// <summary>Opens and judges the layers, each by itself, for who draws conclusions of their own.</summary>
    /// <inheritdoc cref="InspectAsync"/>
    internal static async Task<MessageLayers> OpenAsync(ReadOnlyMemory<byte> octets, InspectionOptions options, CancellationToken cancellationToken)
    {
        var cms = CmsForm.Find(octets);
        using var opener = new CmsOpener(cms is null && options.DetachedContent is not null ? options with { DetachedContent = null } : options);
        // An object by itself is read as what a message without fields would hold.
        var message = cms is { } bare ? (ReadOnlyMemory<byte>)(byte[])[.. Wrapper, .. bare.Span] : octets;
        var walk = await LayerWalk.WalkAsync(message, opener, options.Budget(), cancellationToken).ConfigureAwait(false);
        return new MessageLayers(walk, opener, isMessage: cms is null);
    }

    private readonly ref struct Inspection
    {
        private readonly MessageLayers opened;
        private readonly LayerWalk walk;
        private readonly PolicySet policies;
        private readonly bool isMessage;
        private readonly IReadOnlyList<(Layer Layer, LayerFinding Finding)> layers;
        private readonly List<LayerFinding> signed;
        private readonly HashSet<Reason> reasons = [];

        public Inspection(MessageLayers opened, PolicySet policies)
        {
            (this.opened, walk, layers, isMessage, this.policies) = (opened, opened.Walk, opened.All, opened.IsMessage, policies);
            signed = [.. opened.Root.Where(l => l.Finding.IsSignature).Select(l => l.Finding)];
        }

        public InspectionResult Conclude()
        {
            var isSigned = signed.Count > 0 && signed.All(s => s.Verdict is InspectionVerdict.Valid);
            var isEncrypted = walk.IsEncrypted && walk.Payload is not null;
            // The one nearest to the content is the originator's.
            var signers = signed.Count is 0 ? [] : signed[^1].Signers;
            var secureFields = isSigned ? signers.Where(s => s.IsGood).Select(SecureFields).FirstOrDefault(f => !f.IsDefault) : default;
            var headers = ProtectedHeaders.Read(walk.Root.Fields, walk.Payload == walk.Root ? null : walk.Payload, isSigned, isEncrypted, secureFields);
            var known = policies;
            var labels = MessageLabels.Read(signed, isMessage ? UnsignedLabels.Read(walk, headers, isSigned, policies) : UnsignedLabels.None, policies);
            reasons.UnionWith(labels.Reasons);
            var verdict = JudgeLayers();
            var (identity, signer) = isMessage ? JudgeSender(headers, signers) : (new IdentityReport([], "none", null), null);
            if (isMessage && headers is { FromMismatch: true } or { Mismatch: >= HeaderMismatch.Suspicious }) reasons.Add(Reason.HeaderMismatch);
            if (walk.HasEncryptedBelowRoot) reasons.Add(Reason.EncryptedNotAtRoot);
            // Two readers may see two messages: which of them was signed?
            if (isMessage && walk.Ambiguity is not MimeAmbiguity.None && signed.Count > 0) reasons.Add(Reason.Malformed);
            if (verdict is InspectionVerdict.Valid && reasons.Any(r => r is not Reason.EncryptedNotAtRoot)) verdict = InspectionVerdict.Invalid;
            ImmutableArray<Reason> ordered = [.. reasons.Order()];
            var (isMail, whole, found) = (isMessage, walk, layers);
            var signatures = signed;
            // A switch decides and shows it to nobody: the report is made for who asks.
            return new InspectionResult(opened.Held, identity, () =>
            {
                var placed = SignatureOrder.Of(signatures, isMail ? SenderFields.Read(whole.Root, headers) : new SenderFields([], null), isMail ? MmhsReport.Authorizers(Military(headers, whole)) : []);
                return new InspectionReport
                {
                    Verdict = LayerReports.Text(verdict),
                    Reasons = [.. ordered.Select(r => r.Text())],
                    Layers = [.. found.Select(l => LayerReports.Of(l.Layer, l.Finding, known, placed))],
                    HeaderProtection = isMail ? HeaderProtectionReport.Of(headers) : new HeaderProtectionReport("none", []),
                    Identity = identity,
                    Label = labels.Report,
                    Mmhs = isMail ? MmhsReport.Of(Military(headers, whole)) : null,
                    Attachments = whole.Payload is { } payload && isMail ? [.. payload.Walk().Where(e => SmimePart.Recognise(e) is null).Select(AttachmentReport.Of).OfType<AttachmentReport>()] : [],
                };
            })
            {
                Verdict = verdict,
                Reasons = ordered,
                Signer = signer,
                Walk = isMessage ? walk : null,
                SignedLabels = labels.Signed,
                IsDetached = !isMessage && layers is [(_, { Type: LayerType.Signed, Signed.Content: null, Content: not null })],
                RootLayers = opened.Root,
            };
        }

        // Where fields are protected those count, and not what stands outside.
        private static HeaderBlock Military(ProtectedHeaders headers, LayerWalk walk) =>
            headers.Scheme is ProtectionScheme.Rfc9788 && walk.Payload is { } believed ? believed.Header : walk.Root.Header;

        private InspectionVerdict JudgeLayers()
        {
            switch (walk.Fault)
            {
                case MimeFault.TooDeep:
                    reasons.Add(Reason.TooDeep);
                    return InspectionVerdict.Malformed;
                case MimeFault.TooLarge:
                    reasons.Add(Reason.TooLarge);
                    return InspectionVerdict.Malformed;
            }

            if (walk.HasBrokenSigned)
            {
                reasons.Add(Reason.Malformed);
                return InspectionVerdict.Malformed;
            }

            var verdicts = new List<InspectionVerdict>();
            foreach (var (layer, finding) in layers)
            {
                if (!layer.IsAtRoot) continue;
                verdicts.Add(finding.Verdict);
                reasons.UnionWith(finding.AllReasons);
            }

            foreach (var worst in new[] { InspectionVerdict.Malformed, InspectionVerdict.Invalid, InspectionVerdict.Undecryptable })
            {
                if (verdicts.Contains(worst)) return worst;
            }

            // Signed or opened, and of a kind that no mail reader shows.
            if (isMessage && walk.Payload is null && layers is [.., (_, { Type: LayerType.Signed or LayerType.Encrypted or LayerType.AuthEncrypted or LayerType.Compressed })])
            {
                reasons.Add(Reason.Unsupported);
                return InspectionVerdict.Undecryptable;
            }

            if (signed.Count > 0) return InspectionVerdict.Valid;
            if (!walk.IsPartiallySigned) return InspectionVerdict.Unsigned;
            reasons.Add(Reason.PartialCoverage);
            var parts = layers.Where(l => l.Finding.IsSignature).Select(l => l.Finding).ToArray();
            if (parts.Any(p => p.Verdict is InspectionVerdict.Valid)) return InspectionVerdict.Partial;
            reasons.UnionWith(parts.SelectMany(p => p.AllReasons));
            return InspectionVerdict.Invalid;
        }

        private (IdentityReport Identity, Certificate? Signer) JudgeSender(ProtectedHeaders headers, ImmutableArray<SignerFinding> signers)
        {
            var sender = SenderFields.Read(walk.Root, headers);
            ImmutableArray<string> from = [.. sender.From.Select(f => f.Address)];
            var candidates = signers.Where(s => s.Certificate is not null).OrderByDescending(s => s.IsGood).ToArray();
            if (candidates.Length is 0)
            {
                if (from.Length is not 1) reasons.Add(Reason.FromAmbiguous);
                return (new IdentityReport(from, from.Length is 1 ? "none" : "ambiguous", signed.Count is 0 ? "nobody signed the message" : "the signer is not known"), null);
            }

            var verdicts = candidates.Select(s => (Signer: s, Verdict: SignerIdentity.Judge(s.Certificate!, sender.From, sender.Sender, LayerReports.Types(s.Info).Contains(SignatureType.Domain)))).ToArray();
            // Who did not sign well proves nothing for anybody, unless nobody did.
            var counting = candidates[0].IsGood ? verdicts.Where(v => v.Signer.IsGood).ToArray() : verdicts;
            var (signer, identity) = counting.FirstOrDefault(v => v.Verdict.Match is IdentityMatch.Ok, counting[0]);
            reasons.UnionWith(identity.Reasons);
            var match = identity.Match switch { IdentityMatch.Ok => "ok", IdentityMatch.Mismatch => "mismatch", IdentityMatch.Ambiguous => "ambiguous", _ => "none" };
            return (new IdentityReport(from, match, identity.Detail), signer.Certificate);
        }

        private static ImmutableArray<SecureHeaderField> SecureFields(SignerFinding signer) =>
            LayerReports.Value(signer.Info.SignedAttributes, AttributeTypes.SecureHeaderFields, SecureHeaderFields.Read) is { } fields ? [.. fields.Fields] : default;
    }
}
