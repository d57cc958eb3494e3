namespace MilSwitch.Domain.Profiling;

/// <summary>Whether an addressee has to act on a message or is to know of it.</summary>
public enum ProfileRole : byte
{
    /// <summary>An addressee of To.</summary>
    Action,

    /// <summary>An addressee of Cc or Bcc.</summary>
    Information,
}
