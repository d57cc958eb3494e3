using System.Text;

namespace MilSwitch.Testing;

/// <summary>What changed below a folder, in the order in which it happened; written by tests/MilSwitch.Integration/Faults/device.c.</summary>
/// <param name="Kind">As in that file.</param>
/// <param name="Path">Below the folder.</param>
/// <param name="Number">Offset of a write, length of a truncation, number of a sync.</param>
/// <param name="Octets">What was written, the new name, or what was said on standard output.</param>
public sealed record DeviceChange(DeviceChangeKind Kind, string Path, long Number, byte[] Octets)
{
    public string Text => Encoding.UTF8.GetString(Octets);

    /// <summary>A record that the death of the process cut short ends the recording.</summary>
    public static IEnumerable<DeviceChange> Read(string recording)
    {
        using var reader = new BinaryReader(new BufferedStream(File.OpenRead(recording), 1 << 20));
        while (Next(reader) is { } change) yield return change;
    }

    private static DeviceChange? Next(BinaryReader reader)
    {
        try
        {
            var kind = (DeviceChangeKind)reader.ReadByte();
            var path = Exactly(reader, reader.ReadInt32());
            var number = reader.ReadInt64();
            return new DeviceChange(kind, Encoding.UTF8.GetString(path), number, Exactly(reader, reader.ReadInt32()));
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    private static byte[] Exactly(BinaryReader reader, int count)
    {
        var octets = reader.ReadBytes(count);
        return octets.Length == count ? octets : throw new EndOfStreamException();
    }
}

/// <summary>One letter each, as in the recording.</summary>
public enum DeviceChangeKind : byte
{
    SyncBegun = (byte)'B',
    Created = (byte)'C',
    FolderMade = (byte)'D',
    SyncEnded = (byte)'E',
    Said = (byte)'K',
    Linked = (byte)'L',
    Renamed = (byte)'R',
    Truncated = (byte)'T',
    Unlinked = (byte)'U',
    Written = (byte)'W',
}
