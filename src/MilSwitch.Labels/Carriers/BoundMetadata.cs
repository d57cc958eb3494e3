namespace MilSwitch.Labels.Carriers;

/// <summary>Metadata of a binding: exactly one of the three is there.</summary>
public sealed record BoundMetadata
{
    /// <summary>A confidentiality label within.</summary>
    public Stanag4774Label? Label { get; init; }

    /// <summary>Where the metadata is (<c>MetadataReference</c>). It is never fetched.</summary>
    public string? Uri { get; init; }

    /// <summary>Metadata of another namespace within, as XML.</summary>
    public string? Other { get; init; }

    /// <summary><c>xmime:contentType</c>; null: absent.</summary>
    public string? ContentType { get; init; }

    /// <summary><c>encoding</c>; null: absent.</summary>
    public string? Encoding { get; init; }
}
