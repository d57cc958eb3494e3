using System.Formats.Asn1;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary><c>SigningTime ::= Time</c>, UTCTime from 1950 to 2049 and GeneralizedTime else (RFC 5652 §11.3).</summary>
internal static class SigningTime
{
    public static byte[] Encode(DateTimeOffset time) => EssValue.Encode(writer => Write(writer, time));

    private static void Write(AsnWriter writer, DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        if (utc.Year is >= 1950 and < 2050) writer.WriteUtcTime(utc);
        else writer.WriteGeneralizedTime(utc, omitFractionalSeconds: true);
    }

    /// <summary>Null: no time.</summary>
    public static DateTimeOffset? Read(ReadOnlyMemory<byte> value)
    {
        if (value.IsEmpty) return null;
        try
        {
            var reader = new AsnReader(value, AsnEncodingRules.BER, new AsnReaderOptions { UtcTimeTwoDigitYearMax = 2049 });
            var time = reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
            return reader.HasData ? null : time;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
