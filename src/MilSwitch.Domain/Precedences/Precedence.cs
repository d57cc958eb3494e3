namespace MilSwitch.Domain.Precedences;

/// <summary>The six levels of RFC 6477 §3.8, by their numbers there. A greater value is handled first.</summary>
public enum Precedence : byte
{
    Deferred = 0,
    Routine = 1,
    Priority = 2,
    Immediate = 3,
    Flash = 4,
    Override = 5,
}

public static class PrecedenceExtensions
{
    /// <summary>The number of levels; they are consecutive from zero.</summary>
    public const int Count = 6;

    /// <summary>Override, Flash and Immediate have strict lanes and reserved capacity everywhere.</summary>
    public static bool IsUrgent(this Precedence precedence) => precedence >= Precedence.Immediate;

    /// <summary>Lower-case keyword of RFC 6477 §3.8, as used in configuration, metrics and JSON.</summary>
    public static string Keyword(this Precedence precedence) => precedence switch
    {
        Precedence.Deferred => "deferred",
        Precedence.Routine => "routine",
        Precedence.Priority => "priority",
        Precedence.Immediate => "immediate",
        Precedence.Flash => "flash",
        Precedence.Override => "override",
        _ => throw new ArgumentOutOfRangeException(nameof(precedence)),
    };

    public static bool TryParseKeyword(ReadOnlySpan<char> text, out Precedence precedence)
    {
        for (var level = Precedence.Deferred; level <= Precedence.Override; level++)
        {
            if (!text.Equals(level.Keyword(), StringComparison.OrdinalIgnoreCase)) continue;
            precedence = level;
            return true;
        }

        precedence = default;
        return false;
    }
}
