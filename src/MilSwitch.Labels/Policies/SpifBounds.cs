namespace MilSwitch.Labels.Policies;

/// <summary>How large the document of a policy may be. What is larger is refused.</summary>
public static class SpifBounds
{
    /// <summary>Octets of one document: more than fifty times the largest policy that is known.</summary>
    public const int Octets = 8 * 1024 * 1024;

    /// <summary>Elements within elements; no rule of a policy needs more than eight.</summary>
    public const int Depth = 24;

    /// <summary>Elements of one document.</summary>
    public const int Elements = 200_000;

    /// <summary>Attributes of one element.</summary>
    public const int Attributes = 64;

    /// <summary>Characters of a name, a phrase or a qualifier (X.841, <c>ubClassificationNameLength</c> and its like).</summary>
    public const int Text = 256;
}
