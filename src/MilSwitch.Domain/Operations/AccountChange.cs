namespace MilSwitch.Domain.Operations;

/// <summary>What became of a change of an account or a session.</summary>
public enum AccountChange : byte
{
    Done,

    /// <summary>There is none of this name.</summary>
    NotFound,

    /// <summary>There is one of this name already.</summary>
    Exists,

    /// <summary>Another change came between; look again.</summary>
    Conflict,

    /// <summary>The present password is wrong.</summary>
    Refused,
}
