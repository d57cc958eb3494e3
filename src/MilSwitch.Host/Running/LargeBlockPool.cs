using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace MilSwitch.Host.Running;

/// <summary>
/// Gives the sockets of the listeners blocks of 16 KiB. Kestrel's own blocks of 4 KiB cost four times as many system calls
/// and wake-ups for each large message. A connection that says nothing holds no block.
/// </summary>
internal sealed class LargeBlockPool : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockSize = 16 << 10;

    /// <summary>What is larger is not rented here; the responses of HTTP reckon with a block of this size.</summary>
    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockSize));

    /// <summary>One pool for all: it only hands on what the process shares.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    protected override void Dispose(bool disposing)
    {
        // The memory is the process's.
    }
}
