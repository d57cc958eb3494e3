namespace MilSwitch.Lookup.Finding.Harvest;

/// <summary>
/// Where entries outlive a restart: documents of an id and JSON. A call that returned is durable; calls for one id come one after
/// the other. May throw <see cref="IOException"/>: then nothing has changed.
/// </summary>
public interface IHarvestShelf
{
    /// <summary>Everything that is there.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Keeps one, in the place of one with the same id.</summary>
    ValueTask PutAsync(string id, string json, CancellationToken cancellationToken);

    /// <summary>Removes one; none with the id is no fault.</summary>
    ValueTask RemoveAsync(string id, CancellationToken cancellationToken);
}
