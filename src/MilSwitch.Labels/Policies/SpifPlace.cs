namespace MilSwitch.Labels.Policies;

/// <summary>Where something stands in the document of a policy.</summary>
/// <param name="Line">From 1; 0: the document has no lines.</param>
/// <param name="Column">From 1; 0: the document has no lines.</param>
/// <param name="Octet">From 0; -1: not known.</param>
internal readonly record struct SpifPlace(int Line, int Column, long Octet = -1)
{
    public static SpifPlace Unknown => new(0, 0);

    public PolicyProblem Problem(string text) => new(Line, Column, text) { Octet = Octet };
}
