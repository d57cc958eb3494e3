namespace MilSwitch.Domain.Operations;

/// <summary>Something that somebody should look at, for as long as it lasts.</summary>
/// <param name="Id">The same for as long as it stands: <c>spool</c>, <c>delayed:LEVEL</c>, <c>link:NAME</c>, <c>unacknowledged:LEVEL</c>, <c>token:NAME</c>, <c>configuration</c>, <c>clock</c>, <c>proxy-log:BOUNDARY</c>, <c>acp127-channel:LINE</c>, <c>acp127-number:LINE</c>, <c>acp127-folder:LINE</c>, <c>logging</c>, <c>trace:ID</c>.</param>
/// <param name="Text">For people.</param>
/// <param name="Since">When it was first noticed.</param>
public sealed record Alarm(string Id, string Text, DateTimeOffset Since);
