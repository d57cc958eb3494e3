using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>Finds the entries of a search. Thread-safe.</summary>
internal sealed class LdapSearcher(Func<ProxyAuthority> current, LdapSettings settings)
{
    private readonly string suffix = LdapName.Normal(settings.Suffix);

    /// <summary>The server's own entry is sought (RFC 4512 §5.1).</summary>
    public static bool IsForRoot(LdapSearch search) => search is { Base: "", Scope: LdapScope.Base };

    /// <summary>Writes the entries that are found.</summary>
    /// <param name="boundAs">Null: nobody in particular.</param>
    /// <returns>What is said at the end.</returns>
    public async ValueTask<LdapResult> SearchAsync(
        int id, LdapSearch search, string peer, string? boundAs, bool hasStartTls, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        if (IsForRoot(search))
        {
            var root = LdapEntry.Root(settings.Suffix, hasStartTls);
            if (search.Filter.Matches(root)) await write(LdapWriter.Entry(id, root, search, []), cancellationToken).ConfigureAwait(false);
            return LdapResult.Success;
        }

        var authority = current();
        if (Sought(search, authority) is not { } sought) return LdapResult.NoSuchObject;
        var requester = boundAs is null ? $"ldap {peer}" : $"ldap {peer} {boundAs}";
        var count = 0;
        foreach (var recipient in sought)
        {
            if (!authority.Serves(recipient)) continue;
            var entry = LdapEntry.Of(recipient, authority.Settings, settings.Suffix);
            if (!search.Filter.Matches(entry)) continue;
            if (search.SizeLimit > 0 && count == search.SizeLimit) return LdapResult.SizeLimitExceeded;
            if (count == settings.MostEntries) return LdapResult.AdminLimitExceeded;
            IReadOnlyList<Certificate> certificates = [];
            if (search.WantsCertificates)
            {
                var request = new ProxyRequest(recipient, ProxyRequest.Cut(requester)) { Client = peer };
                switch (await authority.IssueAsync(request, cancellationToken).ConfigureAwait(false))
                {
                    case ProxyAnswer.Issued issued:
                        certificates = issued.Certificates;
                        break;
                    case ProxyAnswer.Refused refused when refused.IsTemporary:
                        // It would be the same for those behind this one.
                        return refused.Reason is ProxyRefusal.TooMany ? LdapResult.Busy : LdapResult.Unavailable;
                    default:
                        // Who gets no certificate looks like somebody who is not there.
                        continue;
                }
            }

            await write(LdapWriter.Entry(id, entry, search, certificates), cancellationToken).ConfigureAwait(false);
            count++;
        }

        return LdapResult.Success;
    }

    // Null: the base is nothing here. A base above the tree is taken for the tree: address books are set up with little care.
    private IEnumerable<Mailbox>? Sought(LdapSearch search, ProxyAuthority authority)
    {
        var name = LdapName.Normal(search.Base);
        if (name == suffix || name.Length is 0 || suffix.EndsWith("," + name, StringComparison.Ordinal)) return search.Scope is LdapScope.Base ? [] : search.Named();
        if (LdapName.Address(search.Base, out var rest) is not { } address || LdapName.Normal(rest) != suffix) return null;
        if (!Mailbox.TryParse(address, allowUtf8: true, out var recipient, out _) || !authority.Serves(recipient)) return null;
        return search.Scope is LdapScope.OneLevel ? [] : [recipient];
    }
}
