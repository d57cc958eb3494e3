namespace MilSwitch.Smime.Messages;

/// <summary>Opens CMS objects for <see cref="LayerWalk"/>, which knows nothing about them. Keeps what it learned under the part's number.</summary>
public interface ILayerOpener
{
    /// <summary>Reads a CMS object and, where it can, what is inside. Bad octets are an outcome, never an exception.</summary>
    /// <param name="layer">What was found and where.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    ValueTask<OpenedLayer> OpenAsync(FoundLayer layer, CancellationToken cancellationToken = default);
}
