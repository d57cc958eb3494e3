using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>What is demanded of a signature. Immutable.</summary>
public sealed record VerificationOptions
{
    public static VerificationOptions Default { get; } = new();

    /// <summary>As <see cref="Default"/>, for old mail.</summary>
    public static VerificationOptions Legacy { get; } = new() { Suite = AlgorithmSuite.Legacy, WithoutAttributes = true };

    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;

    /// <summary>
    /// Takes signatures without signed attributes. They are open to being passed off as signatures over attributes and the
    /// reverse (threat C1): content that looks like attributes is refused even so.
    /// </summary>
    public bool WithoutAttributes { get; init; }
}
