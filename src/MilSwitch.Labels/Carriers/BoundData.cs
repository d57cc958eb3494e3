namespace MilSwitch.Labels.Carriers;

/// <summary>An object that metadata is bound to: embedded or referred to.</summary>
public sealed record BoundData
{
    /// <summary>
    /// Where it is (<c>DataReference</c>): <c>cid:</c> and <c>mid:</c> as of RFC 2392 for parts and messages; empty: what holds the
    /// binding. Null: it is embedded. It is never fetched.
    /// </summary>
    public string? Uri { get; init; }

    /// <summary>What is embedded (<c>Data</c>), as XML or text; null: it is referred to.</summary>
    public string? Embedded { get; init; }

    /// <summary><c>xmime:contentType</c>; null: absent.</summary>
    public string? ContentType { get; init; }

    /// <summary><c>encoding</c>; null: absent.</summary>
    public string? Encoding { get; init; }

    /// <summary>The reference has transforms (<c>ds:Transforms</c>, as XML) that pick a part; null: none.</summary>
    public string? Transforms { get; init; }

    public bool IsPartial => Transforms is not null;
}
