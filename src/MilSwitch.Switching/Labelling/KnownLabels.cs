using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Switching.Labelling;

/// <summary>
/// Labels that were read and translated under one snapshot of policies: the same few come with message after message. Bounded in
/// number and in octets; when full, it begins anew. Thread-safe.
/// </summary>
/// <param name="read">Reads one that is not known.</param>
/// <param name="translate">Translates one that was not translated.</param>
/// <param name="capacity">How many are kept.</param>
internal sealed class KnownLabels(
    Func<ReadOnlyMemory<byte>, SecurityLabel> read, Func<SecurityLabel, SecurityPolicy, (SecurityLabel? Label, string? Fault)> translate, int capacity = 1_024)
{
    private const int MostOctets = 1_024;

    private volatile Table table = new();

    /// <exception cref="LabelRefusedException">It is none.</exception>
    public SecurityLabel Read(ReadOnlyMemory<byte> encoded)
    {
        if (encoded.Length > MostOctets) return read(encoded);
        var now = table;
        if (now.Labels.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(encoded.Span, out var known)) return known;
        var octets = encoded.ToArray();
        var label = read(octets);
        if (Interlocked.Increment(ref now.Count) > capacity) table = now = new Table();
        label = now.Labels.GetOrAdd(octets, label);
        now.Entries.TryAdd(label, new Entry());
        return label;
    }

    /// <summary>The label in a policy, or why there is none.</summary>
    public (SecurityLabel? Label, string? Fault) InPolicy(SecurityLabel label, SecurityPolicy policy) =>
        // Only of what is kept: by itself, since equal labels may have been written differently.
        table.Entries.TryGetValue(label, out var entry) ? entry.Translations.GetOrAdd(policy, static (to, from) => from.Translate(from.Label, to), (Label: label, Translate: translate)) : translate(label, policy);

    /// <summary>In the form in which labels are stored.</summary>
    /// <exception cref="LabelRefusedException">It has none.</exception>
    public ReadOnlyMemory<byte> Encode(SecurityLabel label) => table.Entries.TryGetValue(label, out var entry) ? entry.Encoded ??= EssLabel.Encode(label) : EssLabel.Encode(label);

    private sealed class Table
    {
        public int Count;

        public ConcurrentDictionary<byte[], SecurityLabel> Labels { get; } = new(new OctetComparer());

        public ConcurrentDictionary<SecurityLabel, Entry> Entries { get; } = new(ReferenceEqualityComparer.Instance);
    }

    private sealed class Entry
    {
        public byte[]? Encoded { get; set; }

        public ConcurrentDictionary<SecurityPolicy, (SecurityLabel? Label, string? Fault)> Translations { get; } = new();
    }

    // The hash is keyed, so that nobody can make labels that crowd in one place.
    private sealed class OctetComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate) => string.GetHashCode(MemoryMarshal.Cast<byte, char>(alternate));

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
