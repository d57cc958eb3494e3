namespace MilSwitch.Labels.Policies;

/// <summary>Collects what is wrong with one document. Not thread-safe.</summary>
internal sealed class PolicyProblems
{
    /// <summary>As many as somebody reads; a document with more has one cause.</summary>
    public const int Most = 100;

    private readonly List<PolicyProblem> found = [];

    public bool IsEmpty => found.Count is 0;

    /// <exception cref="PolicyRefusedException">There are too many to go on.</exception>
    public void Add(SpifPlace place, string text)
    {
        found.Add(place.Problem(text));
        if (found.Count < Most) return;
        found.Add(place.Problem("There are more problems than are told"));
        Throw();
    }

    /// <exception cref="PolicyRefusedException">There is one at least.</exception>
    public void Throw()
    {
        if (found.Count > 0) throw new PolicyRefusedException([.. found.OrderBy(p => p.Line).ThenBy(p => p.Column).ThenBy(p => p.Octet)]);
    }

    public static PolicyRefusedException Only(SpifPlace place, string text, Exception? cause = null) => new([place.Problem(text)], cause);
}
