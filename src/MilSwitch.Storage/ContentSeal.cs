using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Cryptography;

namespace MilSwitch.Storage;

/// <summary>
/// Seals contents at rest: each under a key of its own, derived from the store's key and 256 random bits, with AES-256-GCM in
/// segments of 64 KiB that can't be reordered, left out or cut off. Immutable and thread-safe.
/// </summary>
public sealed class ContentSeal
{
    /// <summary>Octets before the first segment: version, key, random bits.</summary>
    public const int HeaderLength = 1 + KeyNameLength + SaltLength;

    /// <summary>Octets of content in a segment; the last one is shorter, or empty where the content is.</summary>
    public const int SegmentLength = 64 << 10;

    /// <summary>What sealing adds to a segment.</summary>
    public const int TagLength = 16;

    /// <summary>Octets of a store's key.</summary>
    public const int KeyLength = 32;

    private const byte Version = 1;
    private const int KeyNameLength = 8;
    private const int SaltLength = 32;

    private readonly string? current;
    private readonly FrozenDictionary<string, byte[]> keys;
    private readonly FrozenSet<string> closed;

    /// <param name="current">Name of the key that seals; null: what is written is not sealed.</param>
    /// <param name="keys">Keys of <see cref="KeyLength"/> octets by name (<see cref="NewName"/>); they open what was sealed with them.</param>
    /// <param name="closed">Names of keys that the store has and that can't be opened here; null: there are none.</param>
    public ContentSeal(string? current, IReadOnlyDictionary<string, byte[]> keys, IEnumerable<string>? closed = null)
    {
        if (current is not null && !keys.ContainsKey(current)) throw new ArgumentException("The key that seals is not there.", nameof(current));
        if (keys.Values.Any(k => k.Length is not KeyLength)) throw new ArgumentException("A key has another length.", nameof(keys));
        this.current = current;
        this.keys = keys.ToFrozenDictionary(StringComparer.Ordinal);
        this.closed = (closed ?? []).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Neither seals nor opens.</summary>
    public static ContentSeal None { get; } = new(null, new Dictionary<string, byte[]>());

    /// <summary>What is written is sealed.</summary>
    public bool Seals => current is not null;

    /// <summary>What is sealed with a key is opened.</summary>
    /// <param name="key">Its name.</param>
    public bool Has(string key) => keys.ContainsKey(key);

    /// <summary>The store has a key, and it can't be opened here.</summary>
    /// <param name="key">Its name.</param>
    public bool IsClosed(string key) => closed.Contains(key);

    /// <summary>The same, which opens what is sealed with further keys as well.</summary>
    /// <param name="further">By name.</param>
    /// <param name="stillClosed">Names of keys that the store has and that can't be opened here.</param>
    public ContentSeal With(IReadOnlyDictionary<string, byte[]> further, IEnumerable<string> stillClosed) =>
        new(current, keys.Concat(further).DistinctBy(k => k.Key).ToDictionary(StringComparer.Ordinal), stillClosed);

    /// <summary>A name that no key has.</summary>
    public static string NewName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyNameLength));

    /// <summary>Octets that a content takes when it is sealed.</summary>
    public static long SealedLength(long length) => HeaderLength + length + (Segments(length) * TagLength);

    /// <summary>Name of the key that something was sealed with; null: it was not.</summary>
    /// <param name="header">Its first octets.</param>
    public static string? KeyOf(ReadOnlySpan<byte> header) =>
        header.Length >= HeaderLength && header[0] == Version ? Convert.ToHexStringLower(header.Slice(1, KeyNameLength)) : null;

    /// <summary>Begins to seal one content.</summary>
    /// <param name="header">Where its <see cref="HeaderLength"/> octets go.</param>
    public SealedSegments Begin(Span<byte> header)
    {
        if (current is null) throw new InvalidOperationException("There is no key to seal with.");
        header[0] = Version;
        Convert.FromHexString(current, header.Slice(1, KeyNameLength), out _, out _);
        RandomNumberGenerator.Fill(header.Slice(1 + KeyNameLength, SaltLength));
        return new SealedSegments(Derive(keys[current], header));
    }

    /// <summary>Begins to open one content.</summary>
    /// <param name="header">Its first <see cref="HeaderLength"/> octets.</param>
    /// <exception cref="CryptographicException">It is not sealed, or with a key that is not here.</exception>
    public SealedSegments Open(ReadOnlySpan<byte> header) => KeyOf(header) is { } name && keys.TryGetValue(name, out var key)
        ? new SealedSegments(Derive(key, header))
        : throw new CryptographicException("The content is sealed with a key that is not here.");

    /// <summary>Seals a content that is all in memory.</summary>
    /// <param name="content">All octets.</param>
    /// <param name="destination">Room for <see cref="SealedLength"/> octets.</param>
    public void Seal(ReadOnlySpan<byte> content, Span<byte> destination)
    {
        using var segments = Begin(destination);
        destination = destination[HeaderLength..];
        do
        {
            var length = Math.Min(SegmentLength, content.Length);
            segments.Seal(content[..length], length == content.Length, destination);
            content = content[length..];
            destination = destination[(length + TagLength)..];
        }
        while (!content.IsEmpty);
    }

    /// <summary>Opens a content that is all in memory.</summary>
    /// <param name="stored">As it was sealed.</param>
    /// <param name="content">As long as the content was.</param>
    /// <exception cref="CryptographicException">It was changed, or is sealed with a key that is not here.</exception>
    public void Open(ReadOnlySpan<byte> stored, Span<byte> content)
    {
        if (stored.Length != SealedLength(content.Length)) throw new CryptographicException("The sealed content has another length.");
        using var segments = Open(stored);
        stored = stored[HeaderLength..];
        do
        {
            var length = Math.Min(SegmentLength, content.Length);
            segments.Open(stored[..(length + TagLength)], length == content.Length, content[..length]);
            content = content[length..];
            stored = stored[(length + TagLength)..];
        }
        while (!content.IsEmpty);
    }

    private static long Segments(long length) => Math.Max(1, (length + SegmentLength - 1) / SegmentLength);

    private static byte[] Derive(byte[] key, ReadOnlySpan<byte> header)
    {
        var derived = new byte[KeyLength];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, derived, header.Slice(1 + KeyNameLength, SaltLength), "milswitch content"u8);
        return derived;
    }
}

/// <summary>The segments of one content, in their order, sealed or opened. Not thread-safe.</summary>
public sealed class SealedSegments : IDisposable
{
    private readonly AesGcm cipher;
    private uint number;

    internal SealedSegments(byte[] key)
    {
        cipher = new AesGcm(key, ContentSeal.TagLength);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <param name="content">The next segment.</param>
    /// <param name="isLast">No other follows.</param>
    /// <param name="destination">Room for it and <see cref="ContentSeal.TagLength"/> octets.</param>
    public void Seal(ReadOnlySpan<byte> content, bool isLast, Span<byte> destination) =>
        cipher.Encrypt(Nonce(stackalloc byte[12], isLast), content, destination[..content.Length], destination.Slice(content.Length, ContentSeal.TagLength));

    /// <param name="stored">The next segment as it was sealed.</param>
    /// <param name="isLast">No other follows.</param>
    /// <param name="content">As long as the segment was.</param>
    /// <exception cref="CryptographicException">It was changed, or is another one.</exception>
    public void Open(ReadOnlySpan<byte> stored, bool isLast, Span<byte> content) =>
        cipher.Decrypt(Nonce(stackalloc byte[12], isLast), stored[..^ContentSeal.TagLength], stored[^ContentSeal.TagLength..], content);

    public void Dispose() => cipher.Dispose();

    // The key is for this content alone, so a number is a good nonce; the mark of the last one lets nobody cut segments off.
    private ReadOnlySpan<byte> Nonce(Span<byte> nonce, bool isLast)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(nonce[7..], checked(number++));
        nonce[11] = isLast ? (byte)1 : (byte)0;
        return nonce;
    }
}
