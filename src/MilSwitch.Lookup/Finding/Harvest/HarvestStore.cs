using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Finding.Harvest;

/// <summary>
/// Certificates that came with mail whose signature was verified. What comes waits: it is used when the security domain trusts
/// its issuer, or once a person allowed it. Strangers can fill it only up to its bounds, and never push out what a person decided.
/// Thread-safe; changes are durable before they count.
/// </summary>
public sealed class HarvestStore : IDisposable
{
    private readonly HarvestSettings settings;
    private readonly IHarvestShelf shelf;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim writing = new(1);
    private volatile ImmutableDictionary<string, HarvestEntry> byId = ImmutableDictionary.Create<string, HarvestEntry>(StringComparer.Ordinal);
    private volatile ImmutableDictionary<string, ImmutableArray<string>> byAddress = ImmutableDictionary.Create<string, ImmutableArray<string>>(StringComparer.OrdinalIgnoreCase);

    private HarvestStore(HarvestSettings settings, IHarvestShelf shelf, TimeProvider time) => (this.settings, this.shelf, this.time) = (settings, shelf, time);

    /// <summary>Its name to operators.</summary>
    public string Name => settings.Name;

    /// <summary>Everything, for people to look at: what came last first.</summary>
    public ImmutableArray<HarvestEntry> Entries => [.. byId.Values.OrderByDescending(e => e.Seen)];

    /// <summary>Opens a store with what its shelf has. What can't be read is left where it is and does not count.</summary>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    /// <exception cref="IOException">The shelf can't be read.</exception>
    public static async ValueTask<HarvestStore> OpenAsync(HarvestSettings settings, IHarvestShelf shelf, TimeProvider time, CancellationToken cancellationToken)
    {
        if (settings.MostEntries is < 1 or > 100_000 || settings.MostForAddress is < 1 or > 16 || settings.MostOctets is < 1 or > 64 << 10) throw new ArgumentException("a limit is outside its range", nameof(settings));
        if (settings.RefreshAfter < TimeSpan.FromMinutes(1) || settings.RefreshAfter > TimeSpan.FromDays(30)) throw new ArgumentException("entries are written again after 1 min to 30 d", nameof(settings));
        var store = new HarvestStore(settings, shelf, time);
        foreach (var entry in (await shelf.ListAsync(cancellationToken).ConfigureAwait(false)).Select(HarvestEntry.FromJson).OfType<HarvestEntry>()) store.Set(entry);
        return store;
    }

    /// <summary>
    /// Offers the certificate of a signer, or one that came with the signature for the sender's encrypted mail. The caller has
    /// verified the signature and that the address is the sender's. True: it is kept now, or was before.
    /// </summary>
    /// <param name="certificate">The certificate; only addresses that it names are kept.</param>
    /// <param name="sender">Whose mail it was.</param>
    /// <param name="isIssuerTrusted">The security domain believes its path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The shelf takes nothing: the entry is not kept. One that was to make room for it may be gone.</exception>
    public async ValueTask<bool> OfferAsync(Certificate certificate, Mailbox sender, bool isIssuerTrusted, CancellationToken cancellationToken)
    {
        if (certificate.Encoded.Length > settings.MostOctets || certificate.IsAuthority || !CandidateNames.IsFor(certificate, sender, ignoreCase: false)) return false;
        // A frame of a whole message is not held for the sake of its certificate.
        var entry = new HarvestEntry(sender, Certificate.Read(certificate.Encoded.ToArray()), HarvestState.Waiting, time.GetUtcNow(), isIssuerTrusted);
        if (byId.TryGetValue(entry.Id, out var known) && IsFresh(known, entry)) return known.State is not HarvestState.Refused;
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (byId.TryGetValue(entry.Id, out var old))
            {
                if (IsFresh(old, entry)) return old.State is not HarvestState.Refused;
                entry = old with { Seen = entry.Seen, IsIssuerTrusted = isIssuerTrusted };
            }
            else if (!await MakeRoomAsync(entry, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            await shelf.PutAsync(entry.Id, entry.ToJson(), cancellationToken).ConfigureAwait(false);
            Set(entry);
            return true;
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>A person allows or forbids an entry, or lets it wait again. False: there is none of this id.</summary>
    /// <param name="id">Of the entry.</param>
    /// <param name="state">What becomes of it.</param>
    /// <param name="by">Who decided; the caller writes the audit.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The shelf takes nothing; nothing has changed.</exception>
    public async ValueTask<bool> DecideAsync(string id, HarvestState state, string by, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!byId.TryGetValue(id, out var entry)) return false;
            entry = entry with { State = state, DecidedBy = by };
            await shelf.PutAsync(id, entry.ToJson(), cancellationToken).ConfigureAwait(false);
            Set(entry);
            return true;
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();

    /// <summary>What may be used for an address, refused ones left out. Addresses are compared without regard to case; who judges looks closer.</summary>
    internal IEnumerable<HarvestEntry> For(string address) =>
        byAddress.GetValueOrDefault(address, []).Select(id => byId.GetValueOrDefault(id)).OfType<HarvestEntry>().Where(e => e.State is not HarvestState.Refused);

    private bool IsFresh(HarvestEntry old, HarvestEntry entry) =>
        old.State is HarvestState.Refused || (old.IsIssuerTrusted == entry.IsIssuerTrusted && entry.Seen - old.Seen < settings.RefreshAfter);

    private async ValueTask<bool> MakeRoomAsync(HarvestEntry entry, CancellationToken cancellationToken)
    {
        HarvestEntry[] same = [.. For(RecipientNames.Canonical(entry.Address)).Where(e => e.State is HarvestState.Waiting)];
        if (same.Length >= settings.MostForAddress) return await GiveWayAsync(same, entry, cancellationToken).ConfigureAwait(false);
        return byId.Count < settings.MostEntries || await GiveWayAsync(byId.Values.Where(e => e.State is HarvestState.Waiting), entry, cancellationToken).ConfigureAwait(false);
    }

    // Strangers push out strangers; whose issuer is trusted gives way to its like only.
    private async ValueTask<bool> GiveWayAsync(IEnumerable<HarvestEntry> waiting, HarvestEntry entry, CancellationToken cancellationToken)
    {
        if (waiting.Where(e => entry.IsIssuerTrusted || !e.IsIssuerTrusted).OrderBy(e => e.IsIssuerTrusted).ThenBy(e => e.Seen).FirstOrDefault() is not { } oldest) return false;
        await shelf.RemoveAsync(oldest.Id, cancellationToken).ConfigureAwait(false);
        byId = byId.Remove(oldest.Id);
        var address = RecipientNames.Canonical(oldest.Address);
        var left = byAddress.GetValueOrDefault(address, []).Remove(oldest.Id);
        byAddress = left.IsEmpty ? byAddress.Remove(address) : byAddress.SetItem(address, left);
        return true;
    }

    private void Set(HarvestEntry entry)
    {
        byId = byId.SetItem(entry.Id, entry);
        var address = RecipientNames.Canonical(entry.Address);
        var ids = byAddress.GetValueOrDefault(address, []);
        if (!ids.Contains(entry.Id)) byAddress = byAddress.SetItem(address, ids.Add(entry.Id));
    }
}
