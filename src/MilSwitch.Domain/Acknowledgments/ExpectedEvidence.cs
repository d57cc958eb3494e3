namespace MilSwitch.Domain.Acknowledgments;

/// <summary>What was asked for about the arrival of a message.</summary>
[Flags]
public enum ExpectedEvidence : byte
{
    None = 0,

    /// <summary>A delivery report: NOTIFY=SUCCESS (RFC 3461 §4.1).</summary>
    Report = 1,

    /// <summary>A disposition notification (RFC 8098).</summary>
    Disposition = 2,

    /// <summary>A signed receipt (RFC 2634 §2).</summary>
    Receipt = 4,
}
