namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>resultCode (RFC 4511 §4.1.9), those that are said here.</summary>
internal enum LdapResult
{
    Success = 0,
    ProtocolError = 2,
    SizeLimitExceeded = 4,
    AuthMethodNotSupported = 7,
    AdminLimitExceeded = 11,
    UnavailableCriticalExtension = 12,
    ConfidentialityRequired = 13,
    NoSuchObject = 32,
    InvalidDnSyntax = 34,
    InvalidCredentials = 49,
    InsufficientAccessRights = 50,
    Busy = 51,
    Unavailable = 52,
    UnwillingToPerform = 53,
}
