using System.Collections.Immutable;

namespace MilSwitch.Smime.Inspection;

/// <summary>A request for signed receipts (RFC 2634 §2.7).</summary>
/// <param name="ContentIdentifier">Hexadecimal.</param>
/// <param name="From">One of <c>all first-tier list</c>.</param>
/// <param name="To">Addresses.</param>
public sealed record ReceiptRequestReport(string ContentIdentifier, string From, ImmutableArray<string> To);
