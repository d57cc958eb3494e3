namespace MilSwitch.Mime;

/// <summary>The date-time of RFC 5322 §3.3, always with a numeric zone, and never dependent on a culture.</summary>
internal static class MailDate
{
    /// <summary>Octets of <c>Mon, 09 Aug 2010 15:27:40 +0100</c>.</summary>
    public const int Length = 31;

    public static string Format(DateTimeOffset time) => string.Create(Length, time, static (text, value) =>
    {
        Span<byte> octets = stackalloc byte[Length];
        Write(value, octets);
        for (var i = 0; i < Length; i++) text[i] = (char)octets[i];
    });

    public static void Write(DateTimeOffset time, Span<byte> to)
    {
        // DateTime does this faster as two numbers than by its many properties.
        time.Deconstruct(out var date, out var clock, out var offset);
        "SunMonTueWedThuFriSat"u8.Slice(3 * (int)date.DayOfWeek, 3).CopyTo(to);
        ", "u8.CopyTo(to[3..]);
        Two(date.Day, to[5..]);
        to[7] = (byte)' ';
        "JanFebMarAprMayJunJulAugSepOctNovDec"u8.Slice(3 * (date.Month - 1), 3).CopyTo(to[8..]);
        to[11] = (byte)' ';
        Two(date.Year / 100, to[12..]);
        Two(date.Year % 100, to[14..]);
        to[16] = (byte)' ';
        Two(clock.Hour, to[17..]);
        to[19] = (byte)':';
        Two(clock.Minute, to[20..]);
        to[22] = (byte)':';
        Two(clock.Second, to[23..]);
        to[25] = (byte)' ';
        to[26] = (byte)(offset < TimeSpan.Zero ? '-' : '+');
        var minutes = Math.Abs((int)offset.TotalMinutes);
        Two(minutes / 60, to[27..]);
        Two(minutes % 60, to[29..]);
    }

    private static void Two(int value, Span<byte> to)
    {
        to[0] = (byte)('0' + (value / 10));
        to[1] = (byte)('0' + (value % 10));
    }
}
