using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>Makes requests for signed receipts (RFC 2634 §2.2).</summary>
public static class ReceiptRequests
{
    /// <summary>A request with an identifier of its own.</summary>
    /// <param name="signer">Certificate of the one who asks.</param>
    /// <param name="now">When.</param>
    /// <param name="from">Who is to answer.</param>
    /// <param name="to">Addresses that receipts go to.</param>
    /// <exception cref="ArgumentException">An address is not ASCII.</exception>
    public static ReceiptRequest New(ReadOnlyMemory<byte> signer, DateTimeOffset now, ReceiptsFrom from, IEnumerable<string> to) => new()
    {
        ContentIdentifier = NewIdentifier(signer.Span, now),
        From = from,
        To = [.. to.Select(GeneralNames.OfAddress)],
    };

    /// <summary>Addresses of a message's From; none: it has none that can be read.</summary>
    public static IReadOnlyList<string> Authors(ReadOnlyMemory<byte> message)
    {
        var from = HeaderText.Read(MimeEntity.Read(message, ProtectionSource.Budget(message.Length)).Header).Where(f => f.IsNamed("From")).ToArray();
        return from is [var only] && MailboxList.TryRead(only.Value, out var mailboxes) ? [.. mailboxes.Select(m => m.Text)] : [];
    }

    // RFC 2634 §2.7: whose key it is, when, and a random number.
    private static byte[] NewIdentifier(ReadOnlySpan<byte> signer, DateTimeOffset now) =>
        [.. SHA256.HashData(signer)[..8], .. Encoding.ASCII.GetBytes(now.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + "Z"), .. RandomNumberGenerator.GetBytes(8)];
}
