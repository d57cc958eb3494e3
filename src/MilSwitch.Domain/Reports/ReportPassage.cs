namespace MilSwitch.Domain.Reports;

/// <summary>How reports cross a boundary in one direction.</summary>
public enum ReportPassage : byte
{
    /// <summary>A report of our own with the same facts goes on in its place.</summary>
    Regenerate = 0,

    /// <summary>It goes on without names of hosts, texts of others and returned content.</summary>
    Sanitise = 1,

    /// <summary>It goes on as it is, through the boundary's other steps.</summary>
    Pass = 2,

    /// <summary>None crosses.</summary>
    Block = 3,
}
