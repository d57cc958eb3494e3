using System.Globalization;

namespace MilSwitch.Labels.Policies;

/// <summary><c>creationDate</c>, to which the schema gives no form. Thread-safe.</summary>
internal static class SpifTime
{
    private static readonly string[] Forms =
    [
        "yyyyMMddHHmmss'Z'", "yyyyMMddHHmm'Z'", "yyyyMMddHHmmss.FFFFFFF'Z'", "yyyyMMddHHmmsszzz", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd",
    ];

    /// <returns>Null: it is in no form that is known, as that of the best-known policy is.</returns>
    public static DateTimeOffset? Read(string text) =>
        DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;
}
