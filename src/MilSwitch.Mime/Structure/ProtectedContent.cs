using System.Text;

namespace MilSwitch.Mime;

/// <summary>Tells by the header alone whether a message is signed or encrypted as a whole: what is inside can't be changed then. Stateless and thread-safe.</summary>
public static class ProtectedContent
{
    private static readonly string[] Types =
    [
        "multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature",
        "application/x-pkcs7-signature", "application/cms",
    ];

    // RFC 8551 §3.2.1: by these names readers take any type for S/MIME.
    private static readonly string[] Endings = [".p7m", ".p7s", ".p7c", ".p7z"];

    /// <summary>Does it say that it is a signed receipt by itself (RFC 2634 §2.4 step 14)?</summary>
    /// <param name="header">Of the message.</param>
    public static bool IsReceipt(HeaderBlock header) =>
        header.TryGetSingle("Content-Type"u8, out var type) && type.Contains("pkcs7-mime", StringComparison.OrdinalIgnoreCase) && type.Contains("signed-receipt", StringComparison.OrdinalIgnoreCase);

    /// <param name="header">Of the message.</param>
    /// <returns>True also where two readers may see two things.</returns>
    public static bool Is(HeaderBlock header)
    {
        if (header.CountOf("Content-Type"u8) > 1 || header.CountOf("Content-Disposition"u8) > 1) return true;
        foreach (var field in header)
        {
            var isType = Ascii.EqualsIgnoreCase(field.Name.Span, "Content-Type"u8);
            if (!isType && !Ascii.EqualsIgnoreCase(field.Name.Span, "Content-Disposition"u8)) continue;
            var value = HeaderBlock.Unfold(field.RawValue.Span);
            if (isType && Array.Exists(Types, t => value.Contains(t, StringComparison.OrdinalIgnoreCase))) return true;
            if (Array.Exists(Endings, e => value.Contains(e, StringComparison.OrdinalIgnoreCase))) return true;
        }

        return false;
    }
}
