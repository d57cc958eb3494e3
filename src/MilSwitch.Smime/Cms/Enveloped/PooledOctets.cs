using System.Buffers;
using System.Security.Cryptography;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>Plaintext in a borrowed buffer, cleared and given back when disposed.</summary>
public sealed class PooledOctets : IMemoryOwner<byte>
{
    private byte[]? _buffer;

    internal PooledOctets(byte[] rented, int length) => (_buffer, Length) = (rented, length);

    public int Length { get; }

    public Memory<byte> Memory => (_buffer ?? throw new ObjectDisposedException(nameof(PooledOctets))).AsMemory(0, Length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is not { } buffer) return;
        CryptographicOperations.ZeroMemory(buffer.AsSpan(0, Length));
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
