namespace MilSwitch.Mime;

/// <summary>The remarks of <c>MMHS-Message-Instructions</c> (RFC 6477 §3.5).</summary>
public static class MessageInstructionsField
{
    /// <summary>ACP 123: the originator has considered the MINIMIZE status of the recipients.</summary>
    public const string MinimizeConsidered = "MINIMIZE CONSIDERED";

    public static ReadOnlySpan<byte> Name => "MMHS-Message-Instructions"u8;

    /// <summary>
    /// RFC 6477 §4: <c>military-string *( [FWS] ";" [FWS] military-string )</c>. There are no comments in it; a fold inside an
    /// instruction is undone as in any field (RFC 5322 §2.2.3). Case does not count.
    /// </summary>
    /// <param name="value">What follows the colon, folds included.</param>
    /// <param name="instruction">One of the strings between the semicolons, whole.</param>
    public static bool Says(ReadOnlySpan<byte> value, string instruction)
    {
        foreach (var said in HeaderBlock.Unfold(value).Split(';', StringSplitOptions.TrimEntries))
        {
            if (said.Equals(instruction, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
