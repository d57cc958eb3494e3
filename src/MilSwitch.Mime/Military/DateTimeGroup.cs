using System.Globalization;

namespace MilSwitch.Mime;

/// <summary>The date-time group of military messages, in Zulu time (ACP 121).</summary>
public static class DateTimeGroup
{
    /// <summary><c>091427Z AUG 10</c>: day, hour and minute, zone, month, year.</summary>
    public static string Format(DateTimeOffset time) => time.ToUniversalTime().ToString("ddHHmm'Z' MMM yy", CultureInfo.InvariantCulture).ToUpperInvariant();
}
