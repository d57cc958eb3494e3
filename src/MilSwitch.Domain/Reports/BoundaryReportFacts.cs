using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Reports;

/// <summary>What a boundary knows of something that says it is a report. Immutable.</summary>
/// <param name="Kind">What its type says it is.</param>
public sealed record BoundaryReportFacts(ReportKind Kind)
{
    /// <summary>All its parts and fields could be read, and none is there twice.</summary>
    public bool IsWellFormed { get; init; }

    /// <summary>Its reverse path is null, as that of a report is (RFC 3461 §6.1, RFC 8098 §3).</summary>
    public bool HasNullReversePath { get; init; }

    /// <summary>It carries the ENVID of a copy that was released to where it comes from (<see cref="EnvelopeTag"/>).</summary>
    public bool TagIsGood { get; init; }

    /// <summary>It is signed, and well, by the domain that it comes from (RFC 3183).</summary>
    public bool DomainSignatureIsGood { get; init; }

    /// <summary>Level of the message it is about; null: no such message is known.</summary>
    public Precedence? Original { get; init; }

    /// <summary>Level that it asks for itself; null: none.</summary>
    public Precedence? Claimed { get; init; }
}

public enum ReportKind : byte
{
    /// <summary>It is no report.</summary>
    None = 0,

    /// <summary>RFC 3464.</summary>
    Delivery = 1,

    /// <summary>RFC 8098.</summary>
    Disposition = 2,
}
