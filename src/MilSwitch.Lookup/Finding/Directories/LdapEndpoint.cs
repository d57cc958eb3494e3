namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>Where a directory listens.</summary>
/// <param name="Host">Name or address, as its certificate has it.</param>
/// <param name="Port">1 to 65535; 636 for LDAP over TLS, 389 in clear.</param>
public sealed record LdapEndpoint(string Host, int Port = 636)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
