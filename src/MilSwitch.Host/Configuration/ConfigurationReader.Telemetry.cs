using System.Globalization;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    private const string TracesPath = "/v1/traces";

    /// <summary>Null: nobody is told of spans, and none are made.</summary>
    private static TraceExport? ReadTelemetry(ConfigurationSource source, Section root)
    {
        var telemetry = root.Map("telemetry");
        var traces = telemetry.Map("traces");
        telemetry.Finish();
        var text = telemetry.Has("traces") ? traces.RequiredText("endpoint") : null;
        string? headers = null;
        if (traces.Has("headers"))
        {
            if (traces.Find("headers") is YamlMap) headers = source.SecretFile(traces.Map("headers"));
            else traces.Reject("headers", "must not stand in the configuration; write { file: PATH }");
        }

        if (headers?.Split(',').All(h => h.IndexOf('=', StringComparison.Ordinal) > 0) is false) traces.Reject("headers", "is not name=value, separated by commas");
        var sample = 1.0;
        if (traces.Text("sample") is { } share && (!double.TryParse(share, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out sample) || sample is not (> 0 and <= 1)))
            traces.Reject("sample", $"'{share}' is not a share above 0 and up to 1");
        traces.Finish();
        if (text is null) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && (endpoint.Scheme is "http" or "https") && endpoint is { UserInfo: "", Query: "", Fragment: "" })
            return new TraceExport(endpoint.AbsolutePath is "/" ? new Uri(endpoint, TracesPath) : endpoint, headers, sample);
        traces.Reject("endpoint", $"'{text}' is not an address such as http://127.0.0.1:4318");
        return null;
    }
}
