using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Configuration;

/// <summary>The accounts of the configuration. Immutable and thread-safe.</summary>
public sealed class AccountTable : IAccountStore
{
    private readonly FrozenDictionary<string, Account> byName;
    private readonly FrozenDictionary<string, Account> byThumbprint;
    private readonly FrozenDictionary<string, Account> bySubject;

    public AccountTable(IEnumerable<ConfiguredAccount> accounts)
    {
        ImmutableArray<ConfiguredAccount> all = [.. accounts];
        byName = all.ToFrozenDictionary(a => a.Account.Name, a => a.Account, StringComparer.Ordinal);
        byThumbprint = all.Where(a => a.Thumbprint is not null).ToFrozenDictionary(a => a.Thumbprint!, a => a.Account, StringComparer.OrdinalIgnoreCase);
        bySubject = all.Where(a => a.Subject is not null).ToFrozenDictionary(a => a.Subject!, a => a.Account, StringComparer.Ordinal);
    }

    public static AccountTable Empty { get; } = new([]);

    /// <summary>Of those accounts that have any, by name.</summary>
    public IReadOnlyDictionary<string, MailboxSet> Addresses =>
        byName.Values.Where(a => a.Addresses is not null).ToFrozenDictionary(a => a.Name, a => a.Addresses!, StringComparer.Ordinal);

    public int Count => byName.Count;

    public Account? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>By thumbprint first: it names one certificate, a subject names all that the anchors issued to it.</summary>
    public Account? FindByCertificate(X509Certificate2 certificate) =>
        byThumbprint.TryGetValue(certificate.GetCertHashString(HashAlgorithmName.SHA256), out var account)
            ? account
            : bySubject.GetValueOrDefault(certificate.Subject);
}

/// <param name="Account">As the engine sees it.</param>
/// <param name="Subject">Distinguished name of its client certificates, or null.</param>
/// <param name="Thumbprint">SHA-256 of its client certificate in hexadecimal digits, or null.</param>
public sealed record ConfiguredAccount(Account Account, string? Subject, string? Thumbprint);
