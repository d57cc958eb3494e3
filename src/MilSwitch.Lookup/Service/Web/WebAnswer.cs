namespace MilSwitch.Lookup.Service.Web;

/// <summary>What a web server says to a look-up. Immutable.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Of the body.</param>
/// <param name="Body">What is sent, but for HEAD.</param>
/// <param name="MaxAge">For how long it may be kept (<c>Cache-Control: private, max-age</c>); zero: <c>no-store</c>.</param>
public sealed record WebAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body, TimeSpan MaxAge)
{
    /// <summary>When asking again may help (<c>Retry-After</c>); null: it won't.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
