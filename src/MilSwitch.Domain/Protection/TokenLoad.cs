using System.Collections.Immutable;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Protection;

/// <summary>What one token of this node does, and did since the node started.</summary>
/// <param name="Wanted">Sessions that the configuration asks for.</param>
/// <param name="Open">Sessions that take work.</param>
/// <param name="Busy">Of these, how many are in the token's library now.</param>
/// <param name="Lost">Threads that the library never gave back.</param>
/// <param name="Waiting">Operations that wait for a session.</param>
/// <param name="Levels">By precedence, the lowest first.</param>
/// <param name="Failures">Attempts that failed: operations, those that were repeated as well, and sessions that could not be opened.</param>
/// <param name="LastFailure">The last of these; null: there was none.</param>
public sealed record TokenLoad(int Wanted, int Open, int Busy, int Lost, int Waiting, ImmutableArray<TokenLevel> Levels, long Failures, TokenFailure? LastFailure);

/// <param name="Level">Of the work.</param>
/// <param name="Done">Operations that the token did.</param>
/// <param name="Failed">Attempts that failed.</param>
public readonly record struct TokenLevel(Precedence Level, long Done, long Failed);

/// <param name="At">When it failed.</param>
/// <param name="Cause">What the token or its library answered, for the watch; never a secret.</param>
public sealed record TokenFailure(DateTimeOffset At, string Cause);
