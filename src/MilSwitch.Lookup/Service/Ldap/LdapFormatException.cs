namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>What a client sent is no LDAP, or breaks a bound.</summary>
internal sealed class LdapFormatException(string message, LdapResult result = LdapResult.ProtocolError, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What it is told.</summary>
    public LdapResult Result { get; } = result;
}
