namespace MilSwitch.Domain.Operations;

/// <summary>The end of an attempt to sign in.</summary>
public enum SignInOutcome : byte
{
    /// <summary>There is a session.</summary>
    Done,

    /// <summary>Name or password is wrong, or the account is locked or barred: which of these is told to nobody.</summary>
    Refused,

    /// <summary>From this address, or on this node, too much was tried; later again.</summary>
    TooMany,
}
