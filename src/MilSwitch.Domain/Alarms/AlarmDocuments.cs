using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilSwitch.Domain.Alarms;

/// <summary>Records of alarms as the store keeps them: one document each.</summary>
public static class AlarmDocuments
{
    /// <summary>Kind of the documents.</summary>
    public const string Kind = "alarm";

    private const int IdOctets = 16;

    /// <summary>The id of a record's document: of a fixed form, whatever names are in it. What is the cluster's has one, whoever looks.</summary>
    public static string IdOf(string node, string alarm)
    {
        var scope = AlarmCatalogue.Find(alarm) is { IsOfCluster: true } ? "" : node;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{scope}\n{alarm}")).AsSpan(0, IdOctets));
    }

    /// <summary>The record's text.</summary>
    public static string Write(AlarmRecord record) => JsonSerializer.Serialize(record, AlarmJson.Default.AlarmRecord);

    /// <summary>Null: it is something else, or of another version.</summary>
    public static AlarmRecord? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, AlarmJson.Default.AlarmRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>How records of alarms are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(AlarmRecord))]
internal sealed partial class AlarmJson : JsonSerializerContext;
