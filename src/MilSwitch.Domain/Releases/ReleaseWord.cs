namespace MilSwitch.Domain.Releases;

/// <summary>Somebody's word at the desk that a draft may go. Immutable.</summary>
/// <param name="Address">The authority in whose name.</param>
/// <param name="Who">The person, as far as it is known: an account, or the address of a signature.</param>
/// <param name="At">When.</param>
/// <param name="Evidence">The message that says so, by its id; empty: it was said to the switch.</param>
/// <param name="Reason">In that person's words.</param>
public sealed record ReleaseWord(string Address, string Who, DateTimeOffset At, string Evidence, string Reason);
