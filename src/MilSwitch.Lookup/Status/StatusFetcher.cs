using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Directories;
using MilSwitch.Lookup.Finding.Web;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Lookup.Status;

/// <summary>
/// Fetches revocation lists and OCSP responses from places of the settings, and from addresses in certificates only where the
/// settings allow the host (threat C15). A place that fails takes nothing away: what was there before counts to its own end
/// (threat F27). Thread-safe.
/// </summary>
public sealed class StatusFetcher : IStatusSource, IDisposable
{
    private const string OcspRequest = "application/ocsp-request";

    private readonly StatusSettings settings;
    private readonly TimeProvider time;
    private readonly BoundedHttp http;
    private readonly LdapClient clear;
    private readonly LdapClient secure;
    private readonly SemaphoreSlim connections;
    private readonly Shelf<ListKey, RevocationList> lists;
    private readonly Shelf<ListKey, RevocationList> named;
    private readonly Shelf<ResponseKey, OcspResponse> responses;
    private readonly SilentPlaces silent;

    /// <exception cref="ArgumentException">A setting is outside its range, or an address can't be asked.</exception>
    public StatusFetcher(StatusSettings settings, TimeProvider time)
    {
        Check(settings);
        (this.settings, this.time) = (settings, time);
        var anchors = TlsTrust.Anchors(settings.TlsAnchors);
        http = new BoundedHttp(anchors, time, settings.TimeLimit, settings.MostOctets);
        clear = new LdapClient(null, time, settings.TimeLimit);
        secure = new LdapClient(anchors, time, settings.TimeLimit);
        connections = new SemaphoreSlim(settings.Connections);
        // What is configured is never pushed out by what certificates name.
        lists = new Shelf<ListKey, RevocationList>(settings, time, int.MaxValue, static l => l.NextUpdate);
        named = new Shelf<ListKey, RevocationList>(settings, time, settings.MostKept, static l => l.NextUpdate);
        silent = new SilentPlaces(settings.PauseAfterFailure, time);
        responses = new Shelf<ResponseKey, OcspResponse>(settings, time, settings.MostKept, static r => r.Answers.Max(a => a.NextUpdate ?? a.ThisUpdate.AddDays(1)));
    }

    /// <summary>Places that failed when they were asked last.</summary>
    public ImmutableArray<StatusFailure> Failures => [.. lists.Failures, .. named.Failures, .. responses.Failures];

    /// <summary>The lists of the settings' places that are at hand: one that has ended still names who was revoked.</summary>
    public ImmutableArray<RevocationList> Lists => lists.Values;

    /// <summary>Fetches every list of the settings that is due; to be called now and then, so that nobody waits for a list.</summary>
    public async ValueTask<ImmutableArray<StatusFailure>> RefreshAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(settings.Places.SelectMany(p => p.Lists.Select(a => ListAsync(lists, a, p.ListSigner ?? p.Issuer, cancellationToken)))).ConfigureAwait(false);
        return Failures;
    }

    public async ValueTask<StatusMaterial> AboutAsync(IReadOnlyList<Certificate> path, CancellationToken cancellationToken)
    {
        var parts = await Task.WhenAll(Enumerable.Range(0, Math.Max(0, path.Count - 1)).Select(i => AboutAsync(path[i], path[i + 1], cancellationToken))).ConfigureAwait(false);
        return new StatusMaterial(
            [.. parts.SelectMany(p => p.Lists).DistinctBy(l => l.Thumbprint)], [.. parts.SelectMany(p => p.Responses)], [.. parts.SelectMany(p => p.Failures).DistinctBy(f => f.Place)]);
    }

    public void Dispose()
    {
        http.Dispose();
        connections.Dispose();
    }

    private async Task<StatusMaterial> AboutAsync(Certificate certificate, Certificate issuer, CancellationToken cancellationToken)
    {
        var place = settings.Places.FirstOrDefault(p => p.Issuer.Subject.Equals(issuer.Subject) && p.Issuer.SubjectPublicKeyInfo.Span.SequenceEqual(issuer.SubjectPublicKeyInfo.Span));
        var failures = new List<StatusFailure>();
        foreach (var address in (place?.Responders ?? []).Concat(Allowed(StatusPointers.Responders(certificate), isResponder: true)).Distinct())
        {
            var (response, failure) = await ResponseAsync(address, certificate, issuer, cancellationToken).ConfigureAwait(false);
            if (failure is not null) failures.Add(failure);
            // One that answers is enough; lists are for when nobody does.
            if (response is not null && StatusEvidence.IsCurrent(response, certificate, issuer, time.GetUtcNow())) return new StatusMaterial([], [response], [.. failures]);
        }

        var asked = await Task.WhenAll((place?.Lists ?? []).Select(a => ListAsync(lists, a, place!.ListSigner ?? place.Issuer, cancellationToken))
            .Concat(Allowed(StatusPointers.Lists(certificate), isResponder: false).Except(place?.Lists ?? []).Select(a => ListAsync(named, a, issuer, cancellationToken)))).ConfigureAwait(false);
        return new StatusMaterial([.. asked.Select(a => a.Value).OfType<RevocationList>()], [], [.. failures, .. asked.Select(a => a.Failure).OfType<StatusFailure>()]);
    }

    private IEnumerable<Uri> Allowed(ImmutableArray<Uri> pointers, bool isResponder) =>
        settings.Allow.IsEmpty ? [] : pointers.Where(p => StatusAddress.IsGood(p, isResponder) && StatusAddress.IsAllowed(p, settings.Allow) && (settings.TlsAnchors.Length > 0 || p.Scheme is "http" or "ldap"));

    private Task<(RevocationList? Value, StatusFailure? Failure)> ListAsync(Shelf<ListKey, RevocationList> shelf, Uri address, Certificate signer, CancellationToken cancellationToken) =>
        shelf.GetAsync(new ListKey(address, signer.Thumbprint), address, async before =>
        {
            var octets = await FetchListAsync(address).ConfigureAwait(false);
            var read = CertificateFile.Read(octets).RevocationLists;
            if (read.Count is not 1) throw new FetchException("what is there is not one revocation list");
            return StatusEvidence.Fault(read[0], signer, before, time.GetUtcNow()) is { } fault ? throw new FetchException(fault) : read[0];
        }, cancellationToken);

    private Task<(OcspResponse? Value, StatusFailure? Failure)> ResponseAsync(Uri address, Certificate certificate, Certificate issuer, CancellationToken cancellationToken) =>
        responses.GetAsync(new ResponseKey(address, issuer.Thumbprint, certificate.SerialText), address, async before =>
        {
            // Without the pause each certificate would wait anew for a responder that is not there.
            var octets = await SlotAsync(() => silent.AskAsync(address, () => http.FetchAsync(address, OcspQuestion.Write(certificate, issuer), OcspRequest, CancellationToken.None))).ConfigureAwait(false);
            var response = OcspResponse.Read(octets ?? throw new FetchException("there is nothing"));
            return StatusEvidence.Fault(response, certificate, issuer, before, time.GetUtcNow()) is { } fault ? throw new FetchException(fault) : response;
        }, cancellationToken);

    private async Task<ReadOnlyMemory<byte>> FetchListAsync(Uri address)
    {
        if (address.Scheme is "http" or "https")
            return await SlotAsync(() => http.FetchAsync(address, null, "", CancellationToken.None)).ConfigureAwait(false) ?? throw new FetchException("there is nothing");
        var search = StatusAddress.Search(address, settings.MostOctets)!;
        var result = await SlotAsync(() => (address.Scheme is "ldaps" ? secure : clear).SearchAsync(StatusAddress.Endpoint(address), "", default, search, CancellationToken.None)).ConfigureAwait(false);
        return result.Values is [var only] ? only.Octets : throw new FetchException("the entry does not hold one revocation list");
    }

    private async Task<T> SlotAsync<T>(Func<Task<T>> work)
    {
        await connections.WaitAsync().ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            connections.Release();
        }
    }

    private static void Check(StatusSettings settings)
    {
        if (settings.TimeLimit < TimeSpan.FromMilliseconds(100) || settings.TimeLimit > TimeSpan.FromSeconds(60)) throw new ArgumentException("the time limit is 100 ms to 60 s", nameof(settings));
        if (settings.MostOctets is < 1_024 or > CertificateFile.MostOctets) throw new ArgumentException("the limit of octets is 1 KiB to 64 MiB", nameof(settings));
        if (settings.RefreshAfter < TimeSpan.FromMinutes(1) || settings.RefreshAfter > TimeSpan.FromDays(7)) throw new ArgumentException("lists are fetched again after 1 min to 7 d", nameof(settings));
        if (settings.PauseAfterFailure < TimeSpan.FromSeconds(1) || settings.PauseAfterFailure > TimeSpan.FromHours(1)) throw new ArgumentException("the pause after a failure is 1 s to 1 h", nameof(settings));
        if (settings.MostKept is < 1 or > 100_000 || settings.Connections is < 1 or > 64) throw new ArgumentException("a limit is outside its range", nameof(settings));
        foreach (var place in settings.Places)
        {
            if (place.Lists.Length > 16 || place.Responders.Length > 8) throw new ArgumentException($"{place.Issuer.Subject} has more than 16 lists or 8 responders", nameof(settings));
            foreach (var (address, isResponder) in place.Lists.Select(a => (a, false)).Concat(place.Responders.Select(a => (a, true))))
            {
                if (!StatusAddress.IsGood(address, isResponder)) throw new ArgumentException($"{address} can't be asked", nameof(settings));
                if (address.Scheme is "https" or "ldaps" && settings.TlsAnchors.IsEmpty) throw new ArgumentException($"{address} needs an anchor for TLS", nameof(settings));
            }
        }
    }

    private readonly record struct ListKey(Uri Address, string Signer);

    private readonly record struct ResponseKey(Uri Address, string Issuer, string Serial);
}
