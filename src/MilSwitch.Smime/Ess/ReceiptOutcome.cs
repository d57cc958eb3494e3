namespace MilSwitch.Smime.Ess;

/// <summary>Whether a signed receipt is due, and why. Immutable.</summary>
/// <param name="IsDue">It should be made; else it must not be.</param>
/// <param name="Step">Where the steps of RFC 2634 §2.3 ended: <c>0</c>, <c>1.2.1</c>, <c>2.1</c>, …</param>
/// <param name="Recipients">Whom it goes to (§2.5); none when it is not due.</param>
public sealed record ReceiptOutcome(bool IsDue, string Step, IReadOnlyList<GeneralNames> Recipients);
