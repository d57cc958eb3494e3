using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Globalization;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>Findings in the words of the report. What an attribute says is shown also where its signature is bad; the verdict stands beside it.</summary>
internal static class LayerReports
{
    /// <param name="layer">Where it stands.</param>
    /// <param name="finding">What it came to.</param>
    /// <param name="policies">Name labels.</param>
    /// <param name="placed">The signatures of the message in their order.</param>
    public static LayerReport Of(Layer layer, LayerFinding finding, PolicySet policies, ImmutableArray<PlacedSignature> placed)
    {
        var attributes = finding.CountingSigners.Select(s => s.Info.SignedAttributes).FirstOrDefault() ?? AttributeSet.Absent;
        return new LayerReport
        {
            Index = layer.Index,
            Part = layer.Part,
            Type = finding.Type switch
            {
                LayerType.Signed => "signed",
                LayerType.Encrypted => "encrypted",
                LayerType.AuthEncrypted => "auth-encrypted",
                LayerType.Compressed => "compressed",
                LayerType.CertsOnly => "certs-only",
                LayerType.Receipt => "receipt",
                LayerType.Authenticated => "authenticated",
                _ => "unsupported",
            },
            Verdict = Text(finding.Verdict),
            Reasons = [.. finding.AllReasons.Select(r => r.Text())],
            Signers = [.. finding.Signers.Select(s => Of(s, placed, 0))],
            Recipients = [.. finding.Recipients.Select((r, i) => new RecipientReport(r.Kind, Name(r), i == finding.OpenedBy))],
            ContentEncryption = finding.ContentEncryption is { } cipher ? SuiteAlgorithms.CipherName(cipher.Algorithm) : null,
            Label = Value(attributes, AttributeTypes.SecurityLabel, EssLabel.Read) is { } label ? LabelReport.Of(label, policies) : null,
            EquivalentLabels = Value(attributes, AttributeTypes.EquivalentLabels, EquivalentLabels.Read) is { } equivalents ? [.. equivalents.Select(e => LabelReport.Of(e, policies))] : [],
            ReceiptRequest = Value(attributes, AttributeTypes.ReceiptRequest, ReceiptRequest.Read) is { } request ? Of(request) : null,
            Receipt = finding.Type is LayerType.Receipt ? Receipt(finding.Signed!, attributes) : null,
            MlExpansionHistory = Value(attributes, AttributeTypes.MlExpansionHistory, MlData.ReadHistory) is { } history ? [.. history.Select(Of)] : [],
            ContentHints = Value(attributes, AttributeTypes.ContentHints, ContentHints.Read) is { } hints ? hints.Description ?? hints.ContentType : null,
            ContentReference = Value(attributes, AttributeTypes.ContentReference, ContentReference.Read) is { } reference ? Hex(reference.ContentIdentifier) : null,
        };
    }

    /// <summary>A verdict as users see it.</summary>
    public static string Text(InspectionVerdict verdict) => verdict switch
    {
        InspectionVerdict.Valid => "valid",
        InspectionVerdict.Unsigned => "unsigned",
        InspectionVerdict.Partial => "partial",
        InspectionVerdict.Undecryptable => "undecryptable",
        InspectionVerdict.Malformed => "malformed",
        _ => "invalid",
    };

    /// <summary>The value of an attribute; null when it is not there once, or can't be read.</summary>
    public static T? Value<T>(AttributeSet attributes, string type, Func<ReadOnlyMemory<byte>, T> read)
        where T : class
    {
        var value = attributes.Value(type);
        if (value.IsEmpty) return null;
        try
        {
            return read(value);
        }
        catch (Exception fault) when (fault is CmsFormatException or LabelRefusedException)
        {
            return null;
        }
    }

    private static SignerReport Of(SignerFinding signer, ImmutableArray<PlacedSignature> placed, int depth)
    {
        var place = placed.FirstOrDefault(p => ReferenceEquals(p.Signer, signer));
        var identifier = signer.Info.Identifier;
        var digest = DigestAlgorithm.Find(signer.Info.DigestAlgorithm)?.Name ?? signer.Info.DigestAlgorithm.Algorithm;
        return new SignerReport
        {
            Verdict = signer.IsGood ? "valid" : "invalid",
            Reasons = [.. signer.Reasons.Select(r => r.Text())],
            Subject = signer.Certificate?.Subject.ToString(),
            Issuer = signer.Certificate?.Issuer.ToString() ?? (identifier.IsKeyIdentifier ? null : Name(identifier.Issuer)),
            Serial = signer.Certificate?.SerialText ?? (identifier.IsKeyIdentifier ? null : Hex(identifier.Serial)),
            Addresses = [.. signer.Certificate?.MailAddresses ?? []],
            Digest = digest,
            Signature = signer.Signature?.Signature ?? signer.Info.SignatureAlgorithm.Algorithm,
            SigningTime = SigningTime.Read(signer.Info.SignedAttributes.Value(AttributeTypes.SigningTime)),
            SignatureType = Types(signer.Info).Select(SignatureType.Text).FirstOrDefault(t => t is not null),
            Role = place?.Role ?? SignatureOrder.RoleOf(signer, depth),
            Number = place?.Number ?? 0,
            Covers = place?.Covers ?? [],
            Countersigners = [.. signer.Countersigners.Select(c => Of(c, placed, depth + 1))],
        };
    }

    /// <summary>Object identifiers of its SignatureType attribute.</summary>
    public static IReadOnlyList<string> Types(SignerInfo signer) => Value(signer.SignedAttributes, AttributeTypes.SignatureType, SignatureType.Read) ?? [];

    private static ReceiptRequestReport Of(ReceiptRequest request) => new(
        Hex(request.ContentIdentifier),
        request.From.List is not null ? "list" : request.From.Equals(ReceiptsFrom.All) ? "all" : "first-tier",
        [.. request.To.SelectMany(t => t.Addresses)]);

    private static ListExpansionReport Of(MlData list) => new(
        list.List.IsKeyIdentifier ? Hex(list.List.SubjectKeyIdentifier) : $"{Name(list.List.Issuer)} {Hex(list.List.Serial)}",
        list.ExpandedAt,
        list.Policy switch { MlReceiptPolicy.None => "none", MlReceiptPolicy.InsteadOf => "instead-of", MlReceiptPolicy.InAdditionTo => "in-addition-to", _ => null });

    private static ReceiptReport? Receipt(SignedData signed, AttributeSet attributes)
    {
        try
        {
            var receipt = SignedReceipts.Read(signed);
            var digest = Value(attributes, AttributeTypes.MsgSigDigest, EssOctets.Read);
            return new ReceiptReport(Hex(receipt.ContentIdentifier), Hex(receipt.OriginatorSignature), digest is null ? null : Hex(digest));
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    private static string Name(RecipientInfo recipient)
    {
        var identifier = recipient switch
        {
            KeyTransportRecipient transport => transport.Recipient,
            KeyAgreementRecipient agreement => agreement.Recipient,
            KemRecipient kem => kem.Recipient,
            _ => null,
        };
        return identifier is null || identifier.IsKeyIdentifier ? recipient.Id : $"{Name(identifier.Issuer)} {recipient.Id}";
    }

    private static string Name(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            return DistinguishedName.Read(new AsnReader(encoded, AsnEncodingRules.BER)).ToString();
        }
        catch (AsnContentException)
        {
            return "#" + Hex(encoded);
        }
    }

    private static string Hex(ReadOnlyMemory<byte> octets) => Convert.ToHexStringLower(octets.Span);
}
