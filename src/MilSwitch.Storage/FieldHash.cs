namespace MilSwitch.Storage;

/// <summary>The index key of a Message-ID field.</summary>
public static class FieldHash
{
    /// <summary>The same text gives the same number, in every version; others rarely.</summary>
    public static long Of(string field)
    {
        // FNV-1a over UTF-16, finished by a multiplication: a wrong hit costs one comparison of the text.
        var hash = 14695981039346656037UL;
        foreach (var c in field) hash = (hash ^ c) * 1099511628211UL;
        hash ^= hash >> 32;
        return unchecked((long)(hash * 0x9E3779B97F4A7C15UL));
    }
}
