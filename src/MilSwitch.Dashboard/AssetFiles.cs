using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace MilSwitch.Dashboard;

/// <summary>Style sheets, scripts and pictures, out of the assembly. Their addresses change with their content, so that browsers keep them.</summary>
internal static class AssetFiles
{
    public const string Prefix = "/assets/";
    private const string Resource = "assets/";

    private static readonly FrozenDictionary<string, Asset> Files = Read();

    /// <summary>The address of a file.</summary>
    public static string Path(string name) => $"{Prefix}{name}?{Files[name].Version}";

    public static async Task AnswerAsync(HttpContext context, string name)
    {
        var response = context.Response;
        if (!Files.TryGetValue(name, out var asset))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var tag = $"\"{asset.Version}\"";
        response.Headers.ETag = tag;
        response.Headers.CacheControl = context.Request.QueryString.Value == "?" + asset.Version ? "public, max-age=31536000, immutable" : "no-cache";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = asset.Type;
        response.ContentLength = asset.Octets.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(asset.Octets, context.RequestAborted).ConfigureAwait(false);
    }

    private static FrozenDictionary<string, Asset> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var files = new Dictionary<string, Asset>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Resource, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            var octets = copy.ToArray();
            files[name[Resource.Length..]] = new Asset(octets, Convert.ToHexStringLower(SHA256.HashData(octets).AsSpan(0, 8)), TypeOf(name));
        }

        return files.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static string TypeOf(string name) => System.IO.Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };

    private sealed record Asset(byte[] Octets, string Version, string Type);
}
