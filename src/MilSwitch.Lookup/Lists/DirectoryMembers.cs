using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Lists;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Directories;

namespace MilSwitch.Lookup.Lists;

/// <summary>
/// The members of one list in a directory, asked for over TLS by one search. Referrals and aliases are never followed, and entries that
/// merely point to others (<c>member</c>) are not: an attribute has to hold the mail addresses. An answer is kept for a while; when the
/// directory is away afterwards nobody is known. Thread-safe.
/// </summary>
public sealed class DirectoryMembers : IDisposable
{
    private static readonly TimeSpan PauseAfterSilence = TimeSpan.FromSeconds(15);

    private readonly MembersSettings settings;
    private readonly TimeProvider time;
    private readonly LdapClient client;
    private readonly LdapSearch search;
    private readonly SilentServers silent;
    private readonly SemaphoreSlim asking = new(1);
    private (long At, ListMembersAnswer.Known Answer)? kept;

    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public DirectoryMembers(MembersSettings settings, TimeProvider time)
    {
        if (settings.Servers.IsDefaultOrEmpty || settings.Servers.Any(s => s.Host.Length is 0 || s.Port is < 1 or > 65_535)) throw new ArgumentException("a directory needs servers", nameof(settings));
        if (settings.TlsAnchors.IsDefaultOrEmpty) throw new ArgumentException("a directory needs an anchor for TLS", nameof(settings));
        if (settings.Base.Length is 0 || settings.Addresses.Length is 0) throw new ArgumentException("a base and an attribute with addresses are needed", nameof(settings));
        if (settings.Attribute is null != settings.Value is null) throw new ArgumentException("an attribute needs a value", nameof(settings));
        if (settings.BindName.Length > 0 && settings.BindSecret is null) throw new ArgumentException("a name to bind with needs a secret", nameof(settings));
        if (settings.TimeLimit < TimeSpan.FromMilliseconds(100) || settings.TimeLimit > TimeSpan.FromSeconds(60)) throw new ArgumentException("the time limit is 100 ms to 60 s", nameof(settings));
        if (settings.Keep < TimeSpan.Zero || settings.Keep > TimeSpan.FromDays(1)) throw new ArgumentException("an answer is kept for 0 to 1 day", nameof(settings));
        (this.settings, this.time) = (settings, time);
        client = new LdapClient(TlsTrust.Anchors(settings.TlsAnchors), time, settings.TimeLimit);
        silent = new SilentServers(PauseAfterSilence, time);
        LdapFilter filter = settings.Attribute is { } attribute ? new LdapFilter.Equal(attribute, settings.Value!) : new LdapFilter.Present("objectClass");
        search = new LdapSearch(settings.Base, settings.Attribute is not null, filter, [settings.Addresses], MembersSettings.MostMembers, MembersSettings.MostOctets);
    }

    /// <summary>The members now, or not longer ago than <see cref="MembersSettings.Keep"/>. Whoever asks while it is asked waits for the same answer.</summary>
    public async ValueTask<ListMembersAnswer> AskAsync(CancellationToken cancellationToken)
    {
        await asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (kept is { } known && time.GetElapsedTime(known.At) < settings.Keep) return known.Answer;
            kept = null;
            var answer = await SearchAsync(cancellationToken).ConfigureAwait(false);
            if (answer is ListMembersAnswer.Known found) kept = (time.GetTimestamp(), found);
            return answer;
        }
        finally
        {
            asking.Release();
        }
    }

    public void Dispose() => asking.Dispose();

    private async Task<ListMembersAnswer> SearchAsync(CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        foreach (var server in settings.Servers)
        {
            if (silent.Why(server) is { } still)
            {
                faults.Add($"{server}: {still}");
                continue;
            }

            try
            {
                var secret = settings.BindName.Length > 0 ? settings.BindSecret!() : default;
                // RFC 4513 §5.1.2: a name without a secret would be nobody, and look like somebody.
                if (settings.BindName.Length > 0 && secret.IsEmpty) return new ListMembersAnswer.Unavailable("there is no secret to bind with");
                var result = await client.SearchAsync(server, settings.BindName, secret, search, cancellationToken).ConfigureAwait(false);
                // Whoever stands elsewhere would be left out, and nobody would know.
                if (result.HasReferrals) return new ListMembersAnswer.Unavailable($"{server}: the directory refers to others, which are not asked");
                return Read(result);
            }
            catch (LdapException fault)
            {
                if (fault.IsSilence) silent.Add(server, fault.Message);
                faults.Add($"{server}: {fault.Message}");
            }
        }

        return new ListMembersAnswer.Unavailable(string.Join("; ", faults));
    }

    private ListMembersAnswer Read(LdapResult result)
    {
        var members = ImmutableArray.CreateBuilder<Mailbox>(result.Values.Length);
        var unusable = 0;
        foreach (var value in result.Values)
        {
            // RFC 4511 §4.5.2: only what was asked for, with options perhaps.
            if (!value.Attribute.Split(';')[0].Equals(settings.Addresses.Split(';')[0], StringComparison.OrdinalIgnoreCase)) continue;
            if (Mailbox.TryParse(Encoding.UTF8.GetString(value.Octets.Span), allowUtf8: true, out var member, out _) && member.Domain.Length > 0) members.Add(member);
            else unusable++;
        }

        return members.Count > MembersSettings.MostMembers
            ? new ListMembersAnswer.Unavailable("the directory names more members than a list may have")
            : new ListMembersAnswer.Known([.. members.Distinct()], unusable, time.GetUtcNow());
    }
}
