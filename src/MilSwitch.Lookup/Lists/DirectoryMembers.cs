using MilSwitch.Domain.Lists;
using MilSwitch.Lookup.Finding.Directories;

namespace MilSwitch.Lookup.Lists;

/// <summary>
/// The members of one list in a directory, asked for over TLS: those that one search finds, and where the settings say so those whom
/// groups name (RFC 4519 §3.5, §3.6). Referrals and aliases are never followed. An answer is kept for a while; when the directory is away
/// afterwards nobody is known. Thread-safe.
/// </summary>
public sealed class DirectoryMembers : IDisposable
{
    private static readonly TimeSpan PauseAfterSilence = TimeSpan.FromSeconds(15);

    private readonly MembersSettings settings;
    private readonly TimeProvider time;
    private readonly DirectoryServers servers;
    private readonly SemaphoreSlim asking = new(1);
    private (long At, ListMembersAnswer.Known Answer)? kept;

    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public DirectoryMembers(MembersSettings settings, TimeProvider time)
    {
        if (settings.Base.Length is 0 || settings.Addresses.Length is 0) throw new ArgumentException("a base and an attribute with addresses are needed", nameof(settings));
        if (settings.Attribute is null != settings.Value is null) throw new ArgumentException("an attribute needs a value", nameof(settings));
        if (settings.Follow.Length > 4 || settings.Follow.Any(a => a.Length is 0)) throw new ArgumentException("up to four attributes name other entries", nameof(settings));
        if (settings.Keep < TimeSpan.Zero || settings.Keep > TimeSpan.FromDays(1)) throw new ArgumentException("an answer is kept for 0 to 1 day", nameof(settings));
        (this.settings, this.time) = (settings, time);
        servers = new DirectoryServers(settings.Servers, settings.TlsAnchors, settings.BindName, settings.BindSecret, settings.TimeLimit, PauseAfterSilence, time);
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
        try
        {
            return await servers.AskAsync(MembersSettings.MostOctets, talk => new MembersWalk(settings, talk, time).RunAsync(), cancellationToken).ConfigureAwait(false);
        }
        catch (LdapException fault)
        {
            return new ListMembersAnswer.Unavailable(fault.Message);
        }
    }
}
