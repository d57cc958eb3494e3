namespace MilSwitch.Lookup.Finding;

/// <summary>A certificate as a source gave it, not yet judged. Immutable.</summary>
/// <param name="Der">As it was found.</param>
/// <param name="Source">The source's name.</param>
public sealed record FoundCertificate(ReadOnlyMemory<byte> Der, string Source)
{
    /// <summary>A person decided that it is used, whoever issued it; only its own dates, uses and key are judged.</summary>
    public bool IsApproved { get; init; }

    /// <summary>Taken from a stranger's mail: used when its issuer is trusted, else it waits for a person.</summary>
    public bool IsHarvested { get; init; }
}
