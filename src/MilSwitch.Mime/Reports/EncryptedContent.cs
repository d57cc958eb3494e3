namespace MilSwitch.Mime;

/// <summary>Tells what is encrypted by its type, without looking inside. Pure.</summary>
public static class EncryptedContent
{
    private const int LongestHeader = 64 << 10;
    private const int MostFields = 2000;

    /// <summary>
    /// The message says that it is encrypted (RFC 8551 §3.2.2, RFC 1847 §2.2), or is of a type that may be: opaque S/MIME
    /// that does not say what it is.
    /// </summary>
    /// <param name="head">Its first octets; its header at least.</param>
    public static bool IsIn(ReadOnlyMemory<byte> head)
    {
        if (!HeaderBlock.Scan(head, LongestHeader, MostFields).TryGetSingle("Content-Type"u8, out var type)) return false;
        var value = type.AsSpan().TrimStart();
        if (value.StartsWith("multipart/encrypted", StringComparison.OrdinalIgnoreCase)) return true;
        if (!value.StartsWith("application/pkcs7-mime", StringComparison.OrdinalIgnoreCase) && !value.StartsWith("application/x-pkcs7-mime", StringComparison.OrdinalIgnoreCase)) return false;
        foreach (var other in (ReadOnlySpan<string>)["signed-data", "signed-receipt", "certs-only", "compressed-data"])
        {
            if (value.Contains(other, StringComparison.OrdinalIgnoreCase)) return false;
        }

        return true;
    }
}
