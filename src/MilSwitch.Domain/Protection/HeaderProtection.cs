namespace MilSwitch.Domain.Protection;

/// <summary>How what the switch makes protects the header of a message.</summary>
public enum HeaderProtection : byte
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Fields stand on the protected content too, marked <c>hp</c> (RFC 9788).</summary>
    Rfc9788 = 1,

    /// <summary>The whole message is wrapped as message/rfc822 (RFC 8551 §3.1), for peers that read nothing newer.</summary>
    Rfc8551 = 2,
}
