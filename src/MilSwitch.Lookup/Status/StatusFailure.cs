namespace MilSwitch.Lookup.Status;

/// <summary>A place that did not give what it should. Immutable.</summary>
/// <param name="Place">Its address.</param>
/// <param name="Reason">Why, for an operator.</param>
/// <param name="At">When it was asked.</param>
/// <param name="KeptUntil">Until when the list that was there before counts; null: there is none that counts.</param>
public sealed record StatusFailure(string Place, string Reason, DateTimeOffset At, DateTimeOffset? KeptUntil);
