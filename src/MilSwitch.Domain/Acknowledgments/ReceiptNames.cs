using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>
/// Leads from a signed receipt to the messages it may be for: those of one security domain whose request has the identifier that
/// the receipt repeats (RFC 2634 §2.6 step 2). Anybody may have chosen the same one, so it proves nothing.
/// </summary>
public static class ReceiptNames
{
    public const string Kind = "receipt-name";

    /// <summary>Messages with one identifier that a receipt is compared with, the oldest first: a client that makes several transactions of one message, or somebody who repeats another's.</summary>
    public const int MostMessages = 16;

    /// <summary>What the names of all documents about one identifier begin with.</summary>
    /// <param name="domain">The security domain; null: there are none.</param>
    /// <param name="contentIdentifier">The signedContentIdentifier.</param>
    public static string Key(string? domain, ReadOnlySpan<byte> contentIdentifier) => MessageNames.Key([.. Encoding.UTF8.GetBytes(domain ?? ""), 0, .. contentIdentifier]);
}
