namespace MilSwitch.Acp127;

/// <summary>
/// Cuts what comes over a line into messages, each up to and with its line NNNN. Without one a message ends behind
/// <see cref="Acp127Reader.MostOctets"/> and one octet, which no reader takes. Not thread-safe.
/// </summary>
public sealed class Acp127Splitter
{
    private const int Most = Acp127Reader.MostOctets + 1;

    private readonly List<byte> octets = [];
    private int lineAt;

    /// <summary>Something of a message has come that has not ended.</summary>
    public bool IsWithin => octets.Exists(o => o is not ((byte)'\r' or (byte)'\n' or (byte)' '));

    /// <summary>Takes octets up to the end of a message.</summary>
    /// <param name="input">What came.</param>
    /// <param name="taken">How many of them were used.</param>
    /// <returns>A message, sound or not; null: all were used, and it has not ended.</returns>
    public byte[]? Take(ReadOnlySpan<byte> input, out int taken)
    {
        for (taken = 0; taken < input.Length;)
        {
            var octet = input[taken++];
            octets.Add(octet);
            if (octets.Count == Most) return End();
            if (octet is not (byte)'\n') continue;
            var line = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(octets)[lineAt..^1].TrimEnd("\r "u8);
            if (line.SequenceEqual("NNNN"u8)) return End();
            lineAt = octets.Count;
        }

        return null;
    }

    /// <summary>No more comes: what is left, if it is more than space. A last line needs no end.</summary>
    public byte[]? Rest() => IsWithin ? End() : null;

    private byte[] End()
    {
        byte[] message = [.. octets];
        octets.Clear();
        lineAt = 0;
        return message;
    }
}
