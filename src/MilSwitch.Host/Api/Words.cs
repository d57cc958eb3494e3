using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Api;

/// <summary>Enumerations as the lower-case words that the API, the command line and the documentation use.</summary>
public static class Words
{
    public static string Of(Precedence precedence) => precedence.Keyword();

    /// <summary><c>HalfOpen</c> is <c>half-open</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Texts<T>.ByValue.GetValueOrDefault(value) ?? value.ToString().ToLowerInvariant();

    /// <summary>Each flag that is set.</summary>
    public static IReadOnlyList<string> OfEach<T>(T flags)
        where T : struct, Enum => [.. Enum.GetValues<T>().Where(f => !f.Equals(default(T)) && flags.HasFlag(f)).Select(f => Of(f))];

    public static string Of(NotifyOptions notify)
    {
        if (notify == NotifyOptions.Unspecified) return "unspecified";
        var words = new List<string>(3);
        foreach (var flag in new[] { NotifyOptions.Never, NotifyOptions.Success, NotifyOptions.Failure, NotifyOptions.Delay })
        {
            if (notify.HasFlag(flag)) words.Add(flag.ToString().ToLowerInvariant());
        }

        return string.Join(',', words);
    }

    public static bool TryRead<T>(string text, out T value)
        where T : struct, Enum
    {
        foreach (var (candidate, word) in Texts<T>.ByValue)
        {
            if (!string.Equals(word, text, StringComparison.OrdinalIgnoreCase)) continue;
            value = candidate;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>All words of an enumeration, comma separated.</summary>
    public static string All<T>()
        where T : struct, Enum => string.Join(", ", Texts<T>.ByValue.Values);

    private static class Texts<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> ByValue = Enum.GetValues<T>().ToDictionary(v => v, v => Write(v.ToString()));

        private static string Write(string name) =>
            string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? "-" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
    }
}
