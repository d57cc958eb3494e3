using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Lists;
using MilSwitch.Lookup.Finding.Directories;

namespace MilSwitch.Lookup.Lists;

/// <summary>
/// Finds all members of a list over one connection, or says why they are not all known: whoever is left out would not know, and nobody else
/// either. Bounded in entries, depth and octets, whatever the directory says; a group that names itself, over others perhaps, is read once.
/// For one use.
/// </summary>
internal sealed class MembersWalk(MembersSettings settings, LdapConversation talk, TimeProvider time)
{
    private const string Range = "range=";

    private readonly List<Mailbox> members = [];
    private readonly HashSet<string> known = new(StringComparer.OrdinalIgnoreCase);
    private readonly Queue<(LdapEntry Entry, int Depth)> next = new();
    private int unusable;
    private int requests;

    /// <exception cref="LdapException">The directory does not answer as it should.</exception>
    public async Task<ListMembersAnswer> RunAsync()
    {
        LdapFilter filter = settings.Attribute is { } attribute ? new LdapFilter.Equal(attribute, settings.Value!) : new LdapFilter.Present("objectClass");
        var found = await talk.SearchAsync(new LdapSearch(settings.Base, settings.Attribute is not null, filter, Attributes, MembersSettings.MostMembers, MembersSettings.MostOctets)).ConfigureAwait(false);
        if (found.HasReferrals) return new ListMembersAnswer.Unavailable($"{talk.Server}: the directory refers to others, which are not asked");
        foreach (var entry in found.Entries)
        {
            if (known.Add(entry.Name)) next.Enqueue((entry, 0));
        }

        while (next.TryDequeue(out var at))
        {
            if (await TakeAsync(at.Entry, at.Depth).ConfigureAwait(false) is { } fault) return new ListMembersAnswer.Unavailable($"{talk.Server}: {fault}");
        }

        return new ListMembersAnswer.Known([.. members.Distinct()], unusable, time.GetUtcNow());
    }

    private ImmutableArray<string> Attributes => [settings.Addresses, .. settings.Follow];

    /// <returns>Why not all are known; null: nothing is wrong.</returns>
    private async Task<string?> TakeAsync(LdapEntry entry, int depth)
    {
        var values = await WholeAsync(entry).ConfigureAwait(false);
        var named = values.Where(v => settings.Follow.Any(f => IsOf(v, f))).ToArray();
        if (named.Length > 0) return await FollowAsync(entry, named, depth).ConfigureAwait(false);
        var before = members.Count;
        foreach (var value in values)
        {
            // RFC 4511 §4.5.2: only what was asked for, with options perhaps.
            if (!IsOf(value, settings.Addresses)) continue;
            if (Mailbox.TryParse(Encoding.UTF8.GetString(value.Octets.Span), allowUtf8: true, out var member, out _) && member.Domain.Length > 0) members.Add(member);
            else unusable++;
        }

        if (members.Count > MembersSettings.MostMembers) return "the directory names more members than a list may have";
        return settings.Follow.IsEmpty || members.Count > before ? null : $"{DirectoryName.Show(entry.Name)} has no mail address, and names nobody";
    }

    private async Task<string?> FollowAsync(LdapEntry group, LdapValue[] named, int depth)
    {
        if (depth >= MembersSettings.MostDepth) return string.Create(CultureInfo.InvariantCulture, $"{DirectoryName.Show(group.Name)} is a group more than {MembersSettings.MostDepth} groups deep");
        foreach (var value in named)
        {
            if (!DirectoryName.TryRead(value.Octets.Span, out var name)) return $"{DirectoryName.Show(group.Name)} names '{DirectoryName.Show(Encoding.UTF8.GetString(value.Octets.Span))}', which is no name of an entry";
            if (!known.Add(name)) continue;
            var read = await ReadAsync(name, Attributes).ConfigureAwait(false);
            if (read is null) return $"{DirectoryName.Show(name)}, whom {DirectoryName.Show(group.Name)} names, can't be read";
            // The same entry under a name that is written otherwise.
            if (!read.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && !known.Add(read.Name)) continue;
            next.Enqueue((read, depth + 1));
        }

        return null;
    }

    /// <returns>Null: it is not there, or not here.</returns>
    private async Task<LdapEntry?> ReadAsync(string name, ImmutableArray<string> attributes)
    {
        if (++requests > MembersSettings.MostRequests) throw new LdapException(string.Create(CultureInfo.InvariantCulture, $"groups name more than {MembersSettings.MostRequests} entries"));
        try
        {
            var read = await talk.SearchAsync(new LdapSearch(name, false, new LdapFilter.Present("objectClass"), attributes, 1, MembersSettings.MostOctets)).ConfigureAwait(false);
            return read is { HasReferrals: false, Entries: [var only] } ? only : null;
        }
        catch (LdapException fault)
        {
            throw new LdapException($"{DirectoryName.Show(name)}: {fault.Message}", fault);
        }
    }

    // A directory that gives many values in stretches says which these are (draft-kashi-incremental-00); to stop at the first would leave
    // the others out.
    private async Task<IReadOnlyList<LdapValue>> WholeAsync(LdapEntry entry)
    {
        if (!entry.Values.Any(v => v.Attribute.Contains(Range, StringComparison.OrdinalIgnoreCase))) return entry.Values;
        var all = entry.Values.ToList();
        foreach (var attribute in Attributes)
        {
            var last = entry.Values.Where(v => IsOf(v, attribute)).ToArray();
            var start = 0L;
            while (EndOf(last, start) is { } end)
            {
                start = end + 1;
                var read = await ReadAsync(entry.Name, [string.Create(CultureInfo.InvariantCulture, $"{Bare(attribute)};{Range}{start}-*")]).ConfigureAwait(false);
                last = [.. (read?.Values ?? []).Where(v => IsOf(v, attribute))];
                if (last.Length is 0) throw new LdapException($"{DirectoryName.Show(entry.Name)}: the directory does not give all values of {Bare(attribute)}");
                all.AddRange(last);
            }
        }

        return all;
    }

    /// <returns>The number of the last value of a stretch behind which there are more; null: these are the last.</returns>
    private static long? EndOf(LdapValue[] values, long start)
    {
        foreach (var option in values.SelectMany(v => v.Attribute.Split(';').Skip(1)).Where(o => o.StartsWith(Range, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var ends = option[Range.Length..].Split('-');
            if (ends is not [var low, var high] || !long.TryParse(low, NumberStyles.None, CultureInfo.InvariantCulture, out var from) || from != start) throw new LdapException("the directory gives other values than it was asked for");
            if (high is "*") return null;
            if (!long.TryParse(high, NumberStyles.None, CultureInfo.InvariantCulture, out var end) || end < start) throw new LdapException("the directory gives other values than it was asked for");
            return end;
        }

        return null;
    }

    private static bool IsOf(LdapValue value, string attribute) => Bare(value.Attribute).Equals(Bare(attribute), StringComparison.OrdinalIgnoreCase);

    private static string Bare(string attribute) => attribute.Split(';')[0];
}
