using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Receipts;

/// <summary>
/// A gateway's receipt to an originator (RFC 2634 §2.4): over the originator's own values, signed for the domain (RFC 3183
/// §3.1), with grade and recipient in the text, and under the signature as the description of contentHints, where nobody can
/// change them.
/// </summary>
public static class RelayedReceipt
{
    private const int LongestMessageId = 250;

    /// <summary>The signed receipt alone.</summary>
    /// <param name="asked">What was kept of the original.</param>
    /// <param name="grade">How far it is known to have arrived.</param>
    /// <param name="recipient">Whom it is about.</param>
    /// <param name="signer">The gateway.</param>
    /// <param name="now">When.</param>
    /// <param name="suite">What may be made.</param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    /// <exception cref="SigningRefusedException">The suite makes no such signature.</exception>
    public static async ValueTask<byte[]> SignAsync(
        ReceiptAsked asked, AcknowledgmentGrade grade, string recipient, CmsSigner signer, DateTimeOffset now, AlgorithmSuite suite, CancellationToken cancellationToken = default)
    {
        var content = new Receipt(asked.ContentType, asked.ContentIdentifier, asked.OriginatorSignature).Encode();
        var parts = await SignedDataWriter.SignAsync(
            new SigningOrder
            {
                Content = new ContentDigests(content),
                ContentType = ContentTypes.Receipt,
                Signers = [signer],
                SigningTime = now,
                Attributes =
                [
                    new CmsAttribute(AttributeTypes.MsgSigDigest, EssOctets.Encode(asked.MessageSignatureDigest.Span)),
                    new CmsAttribute(AttributeTypes.SignatureType, SignatureType.Encode(SignatureType.Domain)),
                    new CmsAttribute(AttributeTypes.ContentHints, new ContentHints(ContentTypes.Receipt, $"{grade.Keyword()} {recipient}").Encode()),
                ],
                Layer = SignatureLayer.Inner,
                Suite = suite,
            },
            cancellationToken).ConfigureAwait(false);
        return parts.Join(content);
    }

    /// <summary>What a gateway signed; null: it is no receipt of a gateway's, or names no grade.</summary>
    /// <param name="signer">Its signer, whose signature was found good.</param>
    /// <returns>The grade, and the address of the recipient; empty: it names none.</returns>
    public static (AcknowledgmentGrade Grade, string Recipient)? Said(SignerInfo signer)
    {
        try
        {
            if (signer.SignedAttributes.CountOf(AttributeTypes.SignatureType) is not 1 || signer.SignedAttributes.CountOf(AttributeTypes.ContentHints) is not 1) return null;
            if (!SignatureType.Read(signer.SignedAttributes.Value(AttributeTypes.SignatureType)).Contains(SignatureType.Domain)) return null;
            if (ContentHints.Read(signer.SignedAttributes.Value(AttributeTypes.ContentHints)).Description?.Split(' ', 2) is not [var word, .. var rest]) return null;
            foreach (var grade in Enum.GetValues<AcknowledgmentGrade>())
            {
                if (word == grade.Keyword()) return (grade, rest is [var recipient] ? recipient : "");
            }
        }
        catch (CmsFormatException)
        {
            // What can't be read names nothing.
        }

        return null;
    }

    /// <summary>The receipt in a message of another gateway (<see cref="Write"/>), as a message of its own; null: there is none.</summary>
    /// <param name="message">All of it; it may be encrypted and signed, as reports are.</param>
    /// <param name="keys">To open it with.</param>
    /// <param name="options">What is acceptable.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    internal static async ValueTask<ReadOnlyMemory<byte>?> FindAsync(ReadOnlyMemory<byte> message, IReadOnlyList<IDecryptionKey> keys, OpeningOptions options, CancellationToken cancellationToken)
    {
        using var collector = new LayerCollector(keys, options);
        var walk = await LayerWalk.WalkAsync(message, collector, ProtectionSource.Budget(message.Length), cancellationToken).ConfigureAwait(false);
        // A text, the gateway's receipt, and the one that it attaches. What can be read in two ways is none.
        return walk is { Fault: MimeFault.None, Payload: { MediaType: { Type: "multipart", Subtype: "mixed" }, TreeAmbiguity: MimeAmbiguity.None, Parts: { Length: 2 or 3 } parts } }
            && SmimePart.Recognise(parts[1]) is { Kind: SmimeKind.Opaque, Claim: SmimeClaim.SignedReceipt }
            ? parts[1].Octets.ToArray()
            : null;
    }

    /// <summary>The message around it: a text, the receipt, and the recipient's own as it came.</summary>
    /// <param name="asked">Whom it goes to.</param>
    /// <param name="grade">As in the signature.</param>
    /// <param name="receipt">Of <see cref="SignAsync"/>.</param>
    /// <param name="downstream">The recipient's; empty: there is none.</param>
    /// <param name="isRelayed">It is that of a gateway beyond.</param>
    /// <param name="settings">Who answers, about whom.</param>
    /// <param name="now">When.</param>
    /// <exception cref="ArgumentException">An address can't stand in a header, or the grade and the receipt do not go together.</exception>
    public static byte[] Write(ReceiptAsked asked, AcknowledgmentGrade grade, ReadOnlyMemory<byte> receipt, ReadOnlyMemory<byte> downstream, bool isRelayed, RelayedReceiptSettings settings, DateTimeOffset now)
    {
        if ((grade is AcknowledgmentGrade.RecipientVerified) == downstream.IsEmpty) throw new ArgumentException("only what the recipient signed is verified", nameof(downstream));
        foreach (var address in new[] { settings.From, settings.Recipient, asked.To })
        {
            if (!IsPlain(address)) throw new ArgumentException("an address that can't stand in a header", nameof(settings));
        }

        var to = new ArrayBufferWriter<byte>(8 << 10);
        // Base64 and our own text hold no such line.
        var boundary = "=_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var domain = settings.From[(settings.From.LastIndexOf('@') + 1)..];
        Ascii($"From: {settings.From}\r\nTo: {asked.To}\r\nDate: {now.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\r\n");
        Ascii($"Message-ID: <{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}@{domain}>\r\nSubject: Receipt: {grade.Keyword()}\r\nAuto-Submitted: auto-replied\r\n");
        if (settings.InReplyTo is ['<', .., '>'] and { Length: <= LongestMessageId } id && id.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0) Ascii($"In-Reply-To: {id}\r\n");
        Ascii($"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n");
        Ascii($"Grade: {grade.Keyword()}\r\nRecipient: {settings.Recipient}\r\n\r\n{Meaning(grade, isRelayed)}\r\n--{boundary}\r\n");
        SmimeWriter.WriteOpaque(to, SmimeClaim.SignedReceipt, new ReadOnlySequence<byte>(receipt), binary: false);
        if (!downstream.IsEmpty)
        {
            Ascii($"\r\n--{boundary}\r\n");
            SmimeWriter.WriteOpaque(to, SmimeClaim.SignedReceipt, new ReadOnlySequence<byte>(downstream), binary: false);
        }

        Ascii($"\r\n--{boundary}--\r\n");
        return to.WrittenSpan.ToArray();

        void Ascii(string text) => Encoding.ASCII.GetBytes(text, to);
    }

    private static string Meaning(AcknowledgmentGrade grade, bool isRelayed) => grade switch
    {
        AcknowledgmentGrade.GatewayAccepted => "The gateway took the message over. Nothing is known of its delivery,\r\nor of anybody who received it.\r\n",
        AcknowledgmentGrade.DomainDelivered => "The recipient's domain reports that the message was delivered to the\r\nmailbox. Nothing is known of anybody who received it.\r\n",
        AcknowledgmentGrade.RecipientVerified when isRelayed =>
            "A gateway beyond says that it verified a receipt that the recipient\r\nsigned. This gateway verified the other one's signature, and attaches it\r\nas it came.\r\n",
        AcknowledgmentGrade.RecipientVerified => "The recipient signed a receipt for the copy that the gateway sent. The\r\ngateway verified it and attaches it as it came.\r\n",
        _ => throw new ArgumentOutOfRangeException(nameof(grade)),
    };

    private static bool IsPlain(string address) =>
        address.Length is > 2 and <= 254 && address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at == address.LastIndexOf('@') && at < address.Length - 1
        && address.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 && address.AsSpan().IndexOfAny("<>,;:\"()[]\\") < 0;
}
