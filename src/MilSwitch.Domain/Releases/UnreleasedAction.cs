namespace MilSwitch.Domain.Releases;

/// <summary>What becomes of a message that is not released.</summary>
public enum UnreleasedAction : byte
{
    /// <summary>It is a draft: it waits, and those who may release it are asked.</summary>
    Draft = 0,

    /// <summary>It waits for an operator, and nobody is asked.</summary>
    Hold = 1,

    /// <summary>It goes back.</summary>
    Return = 2,
}
