namespace MilSwitch.Smime.Certificates;

internal static class FetchedStatus
{
    /// <summary>The lists that count for a security domain; none where nobody fetches any, or there is no domain.</summary>
    public static IReadOnlyList<RevocationList> Of(this IFetchedStatus? status, string? domain) => status is null || domain is null ? [] : status.ListsOf(domain);
}
