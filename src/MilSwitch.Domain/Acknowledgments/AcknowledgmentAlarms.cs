namespace MilSwitch.Domain.Acknowledgments;

/// <summary>What somebody should look at.</summary>
[Flags]
public enum AcknowledgmentAlarms : byte
{
    None = 0,

    /// <summary>The delivery report did not come in time.</summary>
    ReportMissing = 1,

    /// <summary>The receipt or the disposition notification did not come in time.</summary>
    ReceiptMissing = 2,

    /// <summary>It was not delivered, or will not be read.</summary>
    Refused = 4,

    /// <summary>What came as its receipt does not verify, or is from somebody who was not asked.</summary>
    ReceiptInvalid = 8,
}
