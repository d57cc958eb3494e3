namespace MilSwitch.Domain.Lists;

/// <summary>A mailing list as an operator sees it. Immutable.</summary>
/// <param name="List">With the members that the directory has, where it asks one.</param>
/// <param name="AskedAt">When the directory was asked; null: it asks none, or it was not asked now.</param>
/// <param name="Unusable">Values of the directory that are no mail addresses.</param>
/// <param name="Fault">Why its members are not known now; null: they are, or nobody wanted to know.</param>
public sealed record ListState(MailingList List, DateTimeOffset? AskedAt = null, int Unusable = 0, string? Fault = null);
