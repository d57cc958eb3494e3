namespace MilSwitch.Storage;

/// <summary>Bounds the memory that retained contents take together and each for itself. Thread-safe.</summary>
/// <param name="octets">Of all contents.</param>
/// <param name="octetsPerContent">Of one; a longer content is not retained.</param>
public sealed class RetentionBudget(long octets, long octetsPerContent)
{
    private readonly int most = (int)Math.Min(octets / RetainedPieces.PieceSize, int.MaxValue);
    private readonly int mostPerContent = (int)Math.Min(octetsPerContent / RetainedPieces.PieceSize, int.MaxValue);
    private int taken;

    /// <summary>Takes room for one more piece of a content that holds some already.</summary>
    public bool TryTake(int held)
    {
        if (held >= mostPerContent) return false;
        if (Interlocked.Increment(ref taken) <= most) return true;
        Interlocked.Decrement(ref taken);
        return false;
    }

    public void GiveBack(int pieces) => Interlocked.Add(ref taken, -pieces);
}
