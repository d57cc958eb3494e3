namespace MilSwitch.Smime.Messages;

/// <summary>One layer of protection of a message.</summary>
/// <param name="Index">From 0, outermost first.</param>
/// <param name="Part">The part that carries it.</param>
/// <param name="Type">By its CMS object, not by what the part says.</param>
/// <param name="IsAtRoot">It covers the whole message: nothing but other layers is around it.</param>
/// <param name="ContradictsClaim">The part says that it is something else.</param>
/// <param name="Entity">The part.</param>
public sealed record Layer(int Index, string Part, LayerType Type, bool IsAtRoot, bool ContradictsClaim, MimeEntity Entity);
