using System.Collections.Concurrent;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// Certificates that were read, by their octets: the same few come with message after message. What one says depends on nothing
/// else, and whether it is believed is judged elsewhere. Bounded; when full, it begins anew. Thread-safe.
/// </summary>
/// <param name="capacity">How many are kept.</param>
public sealed class CertificateTable(int capacity = 1_024)
{
    // Longer ones are read each time, so that nobody can fill the memory with them.
    private const int MostOctets = 8 << 10;

    private readonly ConcurrentDictionary<byte[], Certificate> certificates = new(new OctetComparer());
    private int count;

    /// <summary>One for the whole process.</summary>
    public static CertificateTable Shared { get; } = new();

    /// <summary>How many are kept.</summary>
    public int Count => certificates.Count;

    /// <summary>The certificate; it does not refer to the octets.</summary>
    /// <exception cref="CmsFormatException">It is none, or breaks a bound.</exception>
    public Certificate Read(ReadOnlyMemory<byte> encoded, CmsBounds? bounds = null)
    {
        // With other bounds another one might be refused.
        if (encoded.Length > MostOctets || (bounds is not null && bounds != CmsBounds.Default)) return Certificate.Read(encoded.ToArray(), bounds);
        if (certificates.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(encoded.Span, out var known)) return known;
        var octets = encoded.ToArray();
        var read = Certificate.Read(octets);
        if (Interlocked.Increment(ref count) > capacity)
        {
            certificates.Clear();
            Interlocked.Exchange(ref count, 1);
        }

        return certificates.GetOrAdd(octets, read);
    }
}
