namespace MilSwitch.Checks.Scanning;

/// <summary>What a scanner says about one content. Immutable.</summary>
/// <param name="Result">What it comes to.</param>
/// <param name="Detail">The name of what was found, or why there is no answer: printable ASCII, 100 characters at most; empty when clean.</param>
public sealed record ScanAnswer(ScanResult Result, string Detail)
{
    private const int Longest = 100;

    public static ScanAnswer Clean { get; } = new(ScanResult.Clean, "");

    public static ScanAnswer Found(string name) => new(ScanResult.Found, Printable(name));

    public static ScanAnswer NotDone(string why) => new(ScanResult.NotDone, Printable(why));

    // The scanner may name what it found after what is in the message.
    private static string Printable(string text)
    {
        text = string.Concat(text.Take(Longest).Select(c => c is >= ' ' and <= '~' ? c : '?')).Trim();
        return text.Length is 0 ? "without a name" : text;
    }
}

/// <summary>What a scan comes to.</summary>
public enum ScanResult : byte
{
    Clean,
    Found,

    /// <summary>The scanner could not or would not look at it: too large, out of order.</summary>
    NotDone,
}
