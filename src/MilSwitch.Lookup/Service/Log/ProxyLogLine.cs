using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MilSwitch.Lookup.Service.Log;

/// <summary>A line of the log: a record, or a checkpoint. There is one way to write each, and no other is read.</summary>
internal sealed record ProxyLogLine
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    // Addresses and what else is text stay readable; line ends and other control characters are escaped all the same.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required long Number { get; init; }

    public required string Previous { get; init; }

    public required DateTimeOffset At { get; init; }

    public ProxyLogRecord? Record { get; init; }

    public ProxyLogSignature? Checkpoint { get; init; }

    public static string Hash(ReadOnlySpan<byte> line) => Convert.ToHexStringLower(SHA384.HashData(line));

    /// <summary>What a checkpoint signs: the end of the log at that time.</summary>
    public byte[] SignedOctets() => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"MilSwitch proxy log checkpoint\n{Number}\n{Previous}\n{Text(At)}\n"));

    /// <summary>Without the line end.</summary>
    public byte[] Encode()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("number", Number);
            json.WriteString("previous", Previous);
            json.WriteString("time", Text(At));
            if (Record is { } record)
            {
                json.WriteString("recipient", record.Recipient);
                json.WriteString("serial", record.Serial);
                json.WriteString("certificate", record.Certificate);
                json.WriteString("notAfter", Text(record.NotAfter));
                json.WriteString("requester", record.Requester);
            }
            else if (Checkpoint is { } checkpoint)
            {
                json.WriteBase64String("checkpoint", checkpoint.Signature.Span);
                json.WriteBase64String("algorithm", checkpoint.Algorithm.Span);
                json.WriteString("signer", checkpoint.Signer);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null: it is no line that anybody here wrote.</summary>
    public static ProxyLogLine? Read(ReadOnlySpan<byte> octets)
    {
        try
        {
            var json = new Utf8JsonReader(octets, new JsonReaderOptions { MaxDepth = 1 });
            if (!json.Read() || json.TokenType is not JsonTokenType.StartObject) return null;
            var number = Property(ref json, "number") ? json.GetInt64() : 0;
            var previous = String(ref json, "previous");
            var at = Time(String(ref json, "time"));
            json.Read();
            var isRecord = json.ValueTextEquals("recipient");
            if (!isRecord && !json.ValueTextEquals("checkpoint")) return null;
            json.Read();
            var line = new ProxyLogLine { Number = number, Previous = previous, At = at };
            line = isRecord
                ? line with { Record = new ProxyLogRecord(at, json.GetString()!, String(ref json, "serial"), String(ref json, "certificate"), Time(String(ref json, "notAfter")), String(ref json, "requester")) }
                : line with { Checkpoint = new ProxyLogSignature(json.GetBytesFromBase64(), Bytes(ref json, "algorithm"), String(ref json, "signer")) };
            // One way to write it: whatever else is in the octets shows here.
            return line.Encode().AsSpan().SequenceEqual(octets) ? line : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static bool Property(ref Utf8JsonReader json, string name)
    {
        if (!json.Read() || json.TokenType is not JsonTokenType.PropertyName || !json.ValueTextEquals(name)) throw new FormatException();
        return json.Read();
    }

    private static string String(ref Utf8JsonReader json, string name) => Property(ref json, name) && json.GetString() is { } text ? text : throw new FormatException();

    private static byte[] Bytes(ref Utf8JsonReader json, string name) => Property(ref json, name) ? json.GetBytesFromBase64() : throw new FormatException();

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.ParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
