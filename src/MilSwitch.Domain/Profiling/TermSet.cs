namespace MilSwitch.Domain.Profiling;

/// <summary>The terms that hold for one message, each once, in the order in which they were found.</summary>
internal sealed class TermSet(int terms)
{
    private readonly ulong[] bits = new ulong[(terms + 63) / 64];

    public List<int> Found { get; } = [];

    public void Add(int term)
    {
        if (Has(term)) return;
        bits[term >> 6] |= 1UL << (term & 63);
        Found.Add(term);
    }

    public bool Has(int term) => (bits[term >> 6] & (1UL << (term & 63))) != 0;
}
