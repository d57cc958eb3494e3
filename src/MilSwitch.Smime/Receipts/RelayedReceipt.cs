using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Receipts;

/// <summary>
/// A gateway's receipt to an originator (RFC 2634 §2.4): over the originator's own values, signed for the domain (RFC 3183
/// §3.1), with the grade in the text, and under the signature as the description of contentHints, where nobody can raise it.
/// </summary>
public static class RelayedReceipt
{
    private const int LongestMessageId = 250;

    /// <summary>The signed receipt alone.</summary>
    /// <param name="asked">What was kept of the original.</param>
    /// <param name="grade">How far it is known to have arrived.</param>
    /// <param name="signer">The gateway.</param>
    /// <param name="now">When.</param>
    /// <param name="suite">What may be made.</param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    /// <exception cref="SigningRefusedException">The suite makes no such signature.</exception>
    public static async ValueTask<byte[]> SignAsync(
        ReceiptAsked asked, AcknowledgmentGrade grade, CmsSigner signer, DateTimeOffset now, AlgorithmSuite suite, CancellationToken cancellationToken = default)
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
                    new CmsAttribute(AttributeTypes.ContentHints, new ContentHints(ContentTypes.Receipt, grade.Keyword()).Encode()),
                ],
                Layer = SignatureLayer.Inner,
                Suite = suite,
            },
            cancellationToken).ConfigureAwait(false);
        return parts.Join(content);
    }

    /// <summary>The grade that a gateway signed; null: it is no receipt of a gateway's, or names none.</summary>
    /// <param name="signer">Its signer, whose signature was found good.</param>
    public static AcknowledgmentGrade? GradeOf(SignerInfo signer)
    {
        try
        {
            if (signer.SignedAttributes.CountOf(AttributeTypes.SignatureType) is not 1 || signer.SignedAttributes.CountOf(AttributeTypes.ContentHints) is not 1) return null;
            if (!SignatureType.Read(signer.SignedAttributes.Value(AttributeTypes.SignatureType)).Contains(SignatureType.Domain)) return null;
            var word = ContentHints.Read(signer.SignedAttributes.Value(AttributeTypes.ContentHints)).Description;
            foreach (var grade in Enum.GetValues<AcknowledgmentGrade>())
            {
                if (word == grade.Keyword()) return grade;
            }
        }
        catch (CmsFormatException)
        {
            // What can't be read names nothing.
        }

        return null;
    }

    /// <summary>The message around it: a text, the receipt, and the recipient's own as it came.</summary>
    /// <param name="asked">Whom it goes to.</param>
    /// <param name="grade">As in the signature.</param>
    /// <param name="receipt">Of <see cref="SignAsync"/>.</param>
    /// <param name="downstream">The recipient's; empty: there is none.</param>
    /// <param name="settings">Who answers, about whom.</param>
    /// <param name="now">When.</param>
    /// <exception cref="ArgumentException">An address can't stand in a header, or the grade and the receipt do not go together.</exception>
    public static byte[] Write(ReceiptAsked asked, AcknowledgmentGrade grade, ReadOnlyMemory<byte> receipt, ReadOnlyMemory<byte> downstream, RelayedReceiptSettings settings, DateTimeOffset now)
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
        Ascii($"Grade: {grade.Keyword()}\r\nRecipient: {settings.Recipient}\r\n\r\n{Meaning(grade)}\r\n--{boundary}\r\n");
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

    private static string Meaning(AcknowledgmentGrade grade) => grade switch
    {
        AcknowledgmentGrade.GatewayAccepted => "The gateway took the message over. Nothing is known of its delivery,\r\nor of anybody who received it.\r\n",
        AcknowledgmentGrade.DomainDelivered => "The recipient's domain reports that the message was delivered to the\r\nmailbox. Nothing is known of anybody who received it.\r\n",
        AcknowledgmentGrade.RecipientVerified => "The recipient signed a receipt for the copy that the gateway sent. The\r\ngateway verified it and attaches it as it came.\r\n",
        _ => throw new ArgumentOutOfRangeException(nameof(grade)),
    };

    private static bool IsPlain(string address) =>
        address.Length is > 2 and <= 254 && address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at == address.LastIndexOf('@') && at < address.Length - 1
        && address.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 && address.AsSpan().IndexOfAny("<>,;:\"()[]\\") < 0;
}
