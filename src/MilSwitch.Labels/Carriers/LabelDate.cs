using System.Globalization;

namespace MilSwitch.Labels.Carriers;

/// <summary>The date-time of RFC 5322 §3.3, and §4.3 when read, without comments.</summary>
internal static class LabelDate
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public static string Format(DateTimeOffset time)
    {
        var zone = Math.Abs((int)time.Offset.TotalMinutes);
        return time.ToString("ddd, dd MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + string.Create(CultureInfo.InvariantCulture, $"{(time.Offset < TimeSpan.Zero ? '-' : '+')}{zone / 60:00}{zone % 60:00}");
    }

    /// <exception cref="LabelRefusedException">It is no date.</exception>
    public static DateTimeOffset Parse(string text)
    {
        if (text.Length > 64) throw Refusal();
        var words = text.ToUpperInvariant().Replace(",", ", ", StringComparison.Ordinal).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).AsSpan();
        string? weekday = null;
        if (words.Length > 0 && words[0].EndsWith(','))
        {
            weekday = words[0].TrimEnd(',');
            words = words[1..];
        }

        // RFC 7444 itself writes hours of one digit.
        if (words.Length is not 5 || Array.IndexOf(Months, words[1]) is not (>= 0 and var month) || words[3].Split(':') is not { Length: 2 or 3 } clock) throw Refusal();
        var (day, year) = (Number(words[0], 1, 2), Number(words[2], 4, 4));
        var (hour, minute, second) = (Number(clock[0], 1, 2), Number(clock[1], 2, 2), clock.Length is 3 ? Number(clock[2], 2, 2) : 0);
        if (year < 1900 || day is 0 || day > DateTime.DaysInMonth(year, month + 1) || hour > 23 || minute > 59 || second > 60) throw Refusal();
        // A leap second is the second before it: no clock here has one.
        var local = new DateTime(year, month + 1, day, hour, minute, Math.Min(second, 59), DateTimeKind.Unspecified);
        if (weekday is not null && Array.IndexOf(Days, weekday) != (int)local.DayOfWeek) throw Refusal();
        return new DateTimeOffset(local, Zone(words[4]));
    }

    private static TimeSpan Zone(string zone)
    {
        if (zone is ['+' or '-', _, _, _, _])
        {
            var (hours, minutes) = (Number(zone[1..3], 2, 2), Number(zone[3..], 2, 2));
            if (hours > 13 || minutes > 59) throw Refusal();
            var offset = new TimeSpan(hours, minutes, 0);
            return zone[0] is '-' ? -offset : offset;
        }

        // Letters that nobody knows are universal time (RFC 5322 §4.3).
        return zone switch
        {
            "EDT" => TimeSpan.FromHours(-4),
            "EST" or "CDT" => TimeSpan.FromHours(-5),
            "CST" or "MDT" => TimeSpan.FromHours(-6),
            "MST" or "PDT" => TimeSpan.FromHours(-7),
            "PST" => TimeSpan.FromHours(-8),
            { Length: <= 5 } when zone.All(char.IsAsciiLetter) => TimeSpan.Zero,
            _ => throw Refusal(),
        };
    }

    private static int Number(string digits, int least, int most) => digits.Length >= least && digits.Length <= most && digits.All(char.IsAsciiDigit) ? int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) : throw Refusal();

    private static LabelRefusedException Refusal() => new(LabelFault.Malformed, "the time of a change is no date");
}
