namespace MilSwitch.Host.Auditing;

/// <summary>A trail is not what was written: nothing is signed for it.</summary>
internal sealed class BrokenTrailException(int trail, long sequence, string text) : Exception(text)
{
    public int Trail => trail;

    /// <summary>The first record that is not as it was, as far as it was seen.</summary>
    public long Sequence => sequence;
}
