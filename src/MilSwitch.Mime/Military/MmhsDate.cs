using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// Reads the date-time of RFC 5322 §3.3, with comments between its parts as §4.3 has them. Years have four digits; of the zones with
/// names only UT, GMT and Z are read, because the others were never sure. Pure.
/// </summary>
internal static class MmhsDate
{
    private const int FirstYear = 1900;
    private const int LastYear = 9998;
    private const int LongestOffset = 14 * 60;

    public static bool TryRead(ref MmhsBody body, out DateTimeOffset time)
    {
        time = default;
        if (!body.SkipComments()) return false;
        if (body.AtEnd) return body.Fail(MmhsRule.Empty, body.Position);
        var start = body.Position;
        var weekday = -1;
        if (char.IsAsciiLetter((char)body.Current))
        {
            weekday = Index("SunMonTueWedThuFriSat"u8, body.ReadWord());
            if (weekday < 0) return body.Fail(MmhsRule.Date, start);
            if (!TrySkip(ref body, (byte)',')) return false;
        }

        var dayAt = body.Position;
        if (!TryDigits(ref body, 1, 2, out var day) || !body.SkipComments()) return false;
        var monthAt = body.Position;
        var month = Index("JanFebMarAprMayJunJulAugSepOctNovDec"u8, body.ReadWord()) + 1;
        if (month is 0) return body.Fail(MmhsRule.Date, monthAt);
        if (!body.SkipComments()) return false;
        var yearAt = body.Position;
        if (!TryDigits(ref body, 4, 4, out var year)) return false;
        if (year is < FirstYear or > LastYear) return body.Fail(MmhsRule.Date, yearAt);
        if (day is 0 || day > DateTime.DaysInMonth(year, month)) return body.Fail(MmhsRule.Date, dayAt);
        var date = new DateTime(year, month, day);
        // RFC 5322 §3.3: it MUST be the day of the date.
        if (weekday >= 0 && (int)date.DayOfWeek != weekday) return body.Fail(MmhsRule.Date, start);
        if (!body.SkipComments()) return false;
        var clockAt = body.Position;
        var second = 0;
        if (!TryDigits(ref body, 2, 2, out var hour) || !TrySkip(ref body, (byte)':') || !TryDigits(ref body, 2, 2, out var minute) || !body.SkipComments()) return false;
        if (body.Current is (byte)':' && (!TrySkip(ref body, (byte)':') || !TryDigits(ref body, 2, 2, out second) || !body.SkipComments())) return false;
        if (hour > 23 || minute > 59 || second > 60) return body.Fail(MmhsRule.Date, clockAt);
        if (!TryZone(ref body, out var offset)) return false;
        // A leap second has no number here.
        time = new DateTimeOffset(date.AddSeconds((((hour * 60) + minute) * 60) + Math.Min(second, 59)), TimeSpan.FromMinutes(offset));
        return body.EndAfterComments();
    }

    private static bool TryZone(ref MmhsBody body, out int offset)
    {
        offset = 0;
        var at = body.Position;
        if (body.Current is (byte)'+' or (byte)'-')
        {
            var negative = body.Current is (byte)'-';
            body.Position++;
            if (!TryDigits(ref body, 4, 4, out var zone)) return false;
            offset = ((zone / 100) * 60) + (zone % 100);
            if (zone % 100 > 59 || offset > LongestOffset) return body.Fail(MmhsRule.Date, at);
            if (negative) offset = -offset;
            return true;
        }

        var word = body.ReadWord();
        return Ascii.EqualsIgnoreCase(word, "GMT"u8) || Ascii.EqualsIgnoreCase(word, "UT"u8) || Ascii.EqualsIgnoreCase(word, "Z"u8) || body.Fail(MmhsRule.Date, at);
    }

    private static bool TrySkip(ref MmhsBody body, byte mark)
    {
        if (!body.SkipComments()) return false;
        if (body.Current != mark) return body.Fail(MmhsRule.Date, body.Position);
        body.Position++;
        return body.SkipComments();
    }

    private static bool TryDigits(ref MmhsBody body, int fewest, int most, out int number)
    {
        number = 0;
        var start = body.Position;
        while (char.IsAsciiDigit((char)body.Current) && body.Position - start < most)
        {
            number = (number * 10) + body.Current - '0';
            body.Position++;
        }

        return (body.Position - start >= fewest && !char.IsAsciiDigit((char)body.Current)) || body.Fail(MmhsRule.Date, start);
    }

    private static int Index(ReadOnlySpan<byte> names, ReadOnlySpan<byte> word)
    {
        for (var i = 0; word.Length is 3 && i < names.Length; i += 3)
        {
            if (Ascii.EqualsIgnoreCase(names.Slice(i, 3), word)) return i / 3;
        }

        return -1;
    }
}
