using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Boundaries;

/// <summary>How a boundary that signs anew carries signed receipts (RFC 2634 §2) back to originators. Immutable.</summary>
/// <param name="Address">Where receipts for its copies come to, in the domain that the messages come from: it gets no other mail from beyond.</param>
/// <param name="Sign">The key of that domain which signs what originators hear.</param>
/// <param name="Grades">Of which they hear.</param>
public sealed record BoundaryReceiptSettings(string Address, DepartureSigning Sign, ImmutableArray<AcknowledgmentGrade> Grades);
