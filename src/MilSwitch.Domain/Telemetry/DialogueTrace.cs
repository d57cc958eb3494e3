using System.Collections.Immutable;

namespace MilSwitch.Domain.Telemetry;

/// <summary>A record of SMTP dialogues with one peer, as it is at one moment.</summary>
/// <param name="Id">Short; of this start of the node.</param>
/// <param name="Peer">As of <see cref="DialogueChoice"/>.</param>
/// <param name="By">Who ordered it.</param>
/// <param name="Reason">Why.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Until">When it ends, or ended, by itself.</param>
/// <param name="IsOn">It records.</param>
/// <param name="Recorded">Lines so far.</param>
/// <param name="Dropped">Of these the oldest, which had to make room.</param>
/// <param name="Lines">What is kept, in order; empty in a list.</param>
public sealed record DialogueTrace(
    string Id, string Peer, string By, string Reason, DateTimeOffset StartedAt, DateTimeOffset Until, bool IsOn, long Recorded, long Dropped, ImmutableArray<DialogueLine> Lines);
