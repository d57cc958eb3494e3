namespace MilSwitch.Smime.Certificates;

/// <summary>Revocation lists that somebody keeps fetching for a security domain. Thread-safe; asking waits for nobody.</summary>
public interface IFetchedStatus
{
    /// <summary>Those at hand; the same list object until one of them changes. Whether they are believed is judged with the path.</summary>
    /// <param name="domain">The security domain's name.</param>
    IReadOnlyList<RevocationList> ListsOf(string domain);
}
