namespace MilSwitch.Smtp.Tracking;

/// <summary>What came of a question.</summary>
public enum MtqpOutcome : byte
{
    Found,

    /// <summary>The server knows nothing, or tells nothing.</summary>
    NoInformation,

    /// <summary>It refuses for another reason, for now or for good.</summary>
    Refused,

    /// <summary>No connection, no TLS where it is asked for, or no MTQP.</summary>
    Unreachable,
}
