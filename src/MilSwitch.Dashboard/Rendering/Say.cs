using System.Globalization;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>Times, sizes and words as a watch-keeper reads them. Everything is in Zulu.</summary>
internal static class Say
{
    /// <summary>Levels in the order in which they are shown.</summary>
    public static IReadOnlyList<Precedence> Levels { get; } = [Precedence.Override, Precedence.Flash, Precedence.Immediate, Precedence.Priority, Precedence.Routine, Precedence.Deferred];

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset? at) => at is { } time ? Time(time) : "–";

    /// <summary>Machine-readable, for <c>time</c> elements.</summary>
    public static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A date-time group: <c>020304Z JAN 30</c>.</summary>
    public static string Dtg(DateTimeOffset at) => at.UtcDateTime.ToString("ddHHmm'Z' MMM yy", CultureInfo.InvariantCulture).ToUpperInvariant();

    /// <summary>Two figures of it: <c>3 d 4 h</c>, <c>2 min 5 s</c>; less than nothing with a minus.</summary>
    public static string Span(TimeSpan span)
    {
        var sign = span < TimeSpan.Zero ? "−" : "";
        var whole = span.Duration();
        return sign + whole switch
        {
            { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)whole.TotalDays} d {whole.Hours} h"),
            { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{whole.Hours} h {whole.Minutes} min"),
            { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{whole.Minutes} min {whole.Seconds} s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{whole.Seconds} s"),
        };
    }

    public static string Span(TimeSpan? span) => span is { } time ? Span(time) : "–";

    public static string Octets(long octets) => octets switch
    {
        SpoolUsage.Unknown => "unknown",
        >= 10L << 30 => string.Create(CultureInfo.InvariantCulture, $"{octets >> 30} GiB"),
        >= 10L << 20 => string.Create(CultureInfo.InvariantCulture, $"{octets >> 20} MiB"),
        >= 10L << 10 => string.Create(CultureInfo.InvariantCulture, $"{octets >> 10} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{octets} B"),
    };

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture).Replace(',', '\u202f');

    /// <summary><c>HalfOpen</c> is <c>half-open</c>.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    public static string Count(long number, string one, string many) => number == 1 ? $"1 {one}" : $"{Number(number)} {many}";

    /// <summary>As the address of a link inside a page.</summary>
    public static string Url(string text) => Uri.EscapeDataString(text);
}
