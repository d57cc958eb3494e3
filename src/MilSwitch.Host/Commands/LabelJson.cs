using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MilSwitch.Smime.Inspection;

namespace MilSwitch.Host.Commands;

/// <summary>JSON of the commands about labels, without reflection. Null members are written, so that a reader finds every name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(LabelReport))]
[JsonSerializable(typeof(LabelCheckView))]
[JsonSerializable(typeof(LabelPermitsView))]
[JsonSerializable(typeof(LabelMarkingView))]
[JsonSerializable(typeof(LabelTranslationView))]
[JsonSerializable(typeof(PolicyFileView))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class LabelJson : JsonSerializerContext
{
    /// <summary>The label's members, and beside them what its form says.</summary>
    public static string Write(LabelReport label, DecodedLabel decoded, string? encoded)
    {
        var all = JsonSerializer.SerializeToNode(label, Default.LabelReport)!.AsObject();
        all["format"] = decoded.Form.Word();
        all["encoded"] = encoded;
        if (decoded.Field is { } field)
        {
            all["field"] = new JsonObject { ["marking"] = field.Marking, ["fgcolor"] = field.Foreground, ["bgcolor"] = field.Background, ["type"] = field.Type };
        }

        if (decoded.Stanag4774 is { } xml)
        {
            all["stanag4774"] = new JsonObject
            {
                ["kind"] = xml.Kind.ToString().ToLowerInvariant(), ["created"] = xml.Created?.Text, ["review"] = xml.Review?.Text, ["originator"] = xml.Originator?.Value,
            };
        }

        return all.ToJsonString(Default.Options);
    }
}
