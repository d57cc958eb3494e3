using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>What the program's end means, the same for every command.</summary>
public static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Done, but the answer is bad: invalid, refused, degraded.</summary>
    public const int Bad = 1;
    public const int WrongUse = 2;
    public const int NotFound = 3;
    public const int NotPermitted = 4;

    /// <summary>It is recorded; another person has to approve it too.</summary>
    public const int ApprovalNeeded = 5;
    public const int Conflict = 6;
    public const int Unreachable = 7;
    public const int Internal = 70;

    /// <summary>EX_IOERR of sysexits.h: a sync of the store failed; the node ended so that it is started afresh.</summary>
    public const int StoreBroken = 74;

    /// <summary>
    /// For an act on messages. When nothing could be done for one and the same reason the code names it: no such message, or
    /// one that is not in a state for it.
    /// </summary>
    public static int Of(ActResultView result)
    {
        if (result.Failed == 0) return Done;
        var failures = result.Outcomes.Where(o => !o.Done).Select(o => o.Failure).Distinct(StringComparer.Ordinal).ToArray();
        return result.Done > 0 ? Bad : failures switch { ["not-found"] => NotFound, ["conflict"] => Conflict, _ => Bad };
    }

    /// <summary>For an answer of the admin API.</summary>
    public static int Of(int httpStatus) => httpStatus switch
    {
        < 400 => Done,
        401 or 403 => NotPermitted,
        404 => NotFound,
        409 or 412 => Conflict,
        422 => Bad,
        502 or 503 or 504 => Unreachable,
        // The node answers, and is sound: it refuses, because its store is full or can't be written.
        507 => Bad,
        < 500 => WrongUse,
        _ => Internal,
    };
}
