using System.Buffers;
using System.Security.Cryptography;
using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// Digests of one content: computed once each when it is at hand, or taken elsewhere, as while it was stored. Thread-safe.
/// </summary>
public sealed class ContentDigests
{
    // One place for each algorithm. Two threads may take the same digest; whose stays does not matter.
    private readonly byte[]?[] values = new byte[]?[DigestAlgorithm.All.Count];

    /// <summary>Of content at hand.</summary>
    public ContentDigests(ReadOnlyMemory<byte> content)
    {
        Content = content;
        Length = content.Length;
    }

    /// <summary>Taken elsewhere.</summary>
    /// <param name="length">Octets of the content.</param>
    /// <param name="values">Digests, each of its algorithm's length.</param>
    public ContentDigests(long length, params ReadOnlySpan<(DigestAlgorithm Algorithm, byte[] Value)> values)
    {
        Length = length;
        foreach (var (algorithm, value) in values)
        {
            if (value.Length != algorithm.Length) throw new ArgumentException("a digest has the wrong length", nameof(values));
            this.values[algorithm.Index] = value;
        }
    }

    /// <summary>Octets of the content.</summary>
    public long Length { get; }

    /// <summary>Null: not at hand, only its digests are.</summary>
    public ReadOnlyMemory<byte>? Content { get; }

    /// <summary>Null: the content is not at hand, and this digest was not taken.</summary>
    public byte[]? Find(DigestAlgorithm algorithm)
    {
        ref var value = ref values[algorithm.Index];
        if (Volatile.Read(ref value) is { } known) return known;
        if (Content is not { } content) return null;
        var taken = algorithm.Hash(content.Span);
        Volatile.Write(ref value, taken);
        return taken;
    }

    /// <summary>Of content in pieces. SHA-224 is not among those that can be taken so.</summary>
    public static ContentDigests Of(ReadOnlySequence<byte> content, IEnumerable<DigestAlgorithm> algorithms)
    {
        if (content.IsSingleSegment) return new ContentDigests(content.First);
        var values = new List<(DigestAlgorithm, byte[])>(1);
        foreach (var algorithm in algorithms)
        {
            if (algorithm.Platform is null || values.Exists(v => v.Item1 == algorithm)) continue;
            using var hash = IncrementalHash.CreateHash(algorithm.Platform!.Value);
            foreach (var piece in content) hash.AppendData(piece.Span);
            values.Add((algorithm, hash.GetHashAndReset()));
        }

        return new ContentDigests(content.Length, [.. values]);
    }

    /// <summary>Reads a content to its end, once for all digests. SHA-224 is not among those that can be taken so.</summary>
    public static async Task<ContentDigests> ReadAsync(Stream content, IReadOnlyCollection<DigestAlgorithm> algorithms, CancellationToken cancellationToken = default)
    {
        var hashes = algorithms.Where(a => a.Platform is not null).Distinct().Select(a => (Algorithm: a, Hash: IncrementalHash.CreateHash(a.Platform!.Value))).ToArray();
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            long length = 0;
            for (int count; (count = await content.ReadAsync(buffer, cancellationToken)) > 0; length += count)
            {
                foreach (var (_, hash) in hashes) hash.AppendData(buffer, 0, count);
            }

            return new ContentDigests(length, [.. hashes.Select(h => (h.Algorithm, h.Hash.GetHashAndReset()))]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            foreach (var (_, hash) in hashes) hash.Dispose();
        }
    }
}
