using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilSwitch.Smime.Inspection;

/// <summary>A string or a number.</summary>
public sealed class LabelValueReportConverter : JsonConverter<LabelValueReport>
{
    public override LabelValueReport Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => new LabelValueReport(reader.GetString(), null),
        JsonTokenType.Number => new LabelValueReport(null, reader.GetInt32()),
        _ => throw new JsonException("a value is a name or a number"),
    };

    public override void Write(Utf8JsonWriter writer, LabelValueReport value, JsonSerializerOptions options)
    {
        if (value.Name is { } name) writer.WriteStringValue(name);
        else writer.WriteNumberValue(value.Number ?? 0);
    }
}
