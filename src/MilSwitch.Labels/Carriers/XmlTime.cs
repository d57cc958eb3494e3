using System.Xml;

namespace MilSwitch.Labels.Carriers;

/// <summary>An <c>xs:dateTime</c> as it was written, so that writing changes nothing of it.</summary>
public sealed record XmlTime
{
    private XmlTime(string text, DateTimeOffset moment)
    {
        Text = text;
        Moment = moment;
    }

    /// <param name="moment">Written in UTC, to the 100 ns that it has.</param>
    public XmlTime(DateTimeOffset moment)
        : this(XmlConvert.ToString(moment.UtcDateTime, XmlDateTimeSerializationMode.Utc), moment.ToUniversalTime())
    {
    }

    public string Text { get; }

    /// <summary>Without a time zone in the text: UTC.</summary>
    public DateTimeOffset Moment { get; }

    /// <returns>Null: it is no <c>xs:dateTime</c>.</returns>
    internal static XmlTime? Parse(string text)
    {
        // The platform takes dates and times alone as well; a dateTime has both.
        if (text.Length is < 19 or > 40 || text[10] != 'T') return null;
        try
        {
            var time = XmlConvert.ToDateTime(text, XmlDateTimeSerializationMode.RoundtripKind);
            return new XmlTime(text, time.Kind == DateTimeKind.Unspecified ? new DateTimeOffset(time, TimeSpan.Zero) : new DateTimeOffset(time.ToUniversalTime(), TimeSpan.Zero));
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
