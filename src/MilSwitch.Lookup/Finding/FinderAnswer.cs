using System.Collections.Immutable;

namespace MilSwitch.Lookup.Finding;

/// <summary>What the search for a recipient's certificate came to. A closed set; immutable.</summary>
public abstract record FinderAnswer
{
    private FinderAnswer()
    {
    }

    /// <summary>Certificates that were found and are not used, each with the reason.</summary>
    public ImmutableArray<RejectedCertificate> Rejected { get; init; } = [];

    /// <summary>What an operator should know although it changes nothing.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>It may be encrypted to these.</summary>
    /// <param name="Certificates">At least one, the best first: the recipient's own before its domain's, the nearer domain before the one above, then the one that is valid for longest. All of one source.</param>
    public sealed record Found(ImmutableArray<AcceptedCertificate> Certificates) : FinderAnswer;

    /// <summary>Every source answered, and nothing that was found may be used.</summary>
    public sealed record None : FinderAnswer;

    /// <summary>Nothing was found that may be used, and somebody who might know more does not answer: try again later.</summary>
    /// <param name="Reasons">One for each.</param>
    public sealed record Unavailable(ImmutableArray<string> Reasons) : FinderAnswer;
}
