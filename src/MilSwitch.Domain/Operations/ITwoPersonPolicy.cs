namespace MilSwitch.Domain.Operations;

/// <summary>Which acts need two persons at this moment.</summary>
public interface ITwoPersonPolicy
{
    /// <param name="act">One of <see cref="TwoPersonActs.All"/>.</param>
    bool NeedsTwo(string act);
}
