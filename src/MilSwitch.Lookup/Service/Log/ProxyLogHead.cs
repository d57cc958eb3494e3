namespace MilSwitch.Lookup.Service.Log;

/// <summary>The end of a log: who keeps one can tell later whether the log still has all that it had. Immutable.</summary>
/// <param name="Number">Of the last line; 0: there is none.</param>
/// <param name="Hash">SHA-384 of its octets without the line end, in lower-case hexadecimal digits.</param>
public sealed record ProxyLogHead(long Number, string Hash)
{
    /// <summary>Before the first line: 96 zeros.</summary>
    public static ProxyLogHead Empty { get; } = new(0, new string('0', 96));
}
