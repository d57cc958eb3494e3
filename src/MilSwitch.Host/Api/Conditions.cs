using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;

namespace MilSwitch.Host.Api;

/// <summary>Conditional requests (RFC 9110 §13): an entity tag is a digest of what the answer shows.</summary>
internal static class Conditions
{
    private const int TagOctets = 12;

    /// <summary>The opaque part of a tag, without its quotes.</summary>
    public static string TagOf(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(SHA256.HashData(octets).AsSpan(0, TagOctets));

    /// <summary>An answer with its tag; 304 without a body when the client has it already (§13.1.2).</summary>
    public static IResult Answer<T>(HttpContext context, T value, JsonTypeInfo<T> type, string? tag = null)
    {
        var octets = JsonSerializer.SerializeToUtf8Bytes(value, type);
        tag ??= TagOf(octets);
        context.Response.Headers.ETag = Quote(tag);
        return HttpMethods.IsGet(context.Request.Method) && IsKnown(context.Request, tag)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(octets, "application/json; charset=utf-8");
    }

    /// <summary>
    /// Whether <c>If-Match</c> allows a change of what has this tag (§13.1.1, strong comparison); true when there is none. A
    /// field that can't be read allows nothing.
    /// </summary>
    public static bool Allow(HttpRequest request, string tag)
    {
        if (request.Headers.IfMatch.Count is 0) return true;
        if (!EntityTagHeaderValue.TryParseStrictList([.. request.Headers.IfMatch.OfType<string>()], out var named)) return false;
        var own = new EntityTagHeaderValue(Quote(tag));
        return named.Any(n => n == EntityTagHeaderValue.Any || n.Compare(own, useStrongComparison: true));
    }

    private static bool IsKnown(HttpRequest request, string tag) =>
        request.Headers.IfNoneMatch.Count > 0
        && EntityTagHeaderValue.TryParseStrictList([.. request.Headers.IfNoneMatch.OfType<string>()], out var named)
        && named.Any(n => n == EntityTagHeaderValue.Any || n.Compare(new EntityTagHeaderValue(Quote(tag)), useStrongComparison: false));

    private static string Quote(string tag) => $"\"{tag}\"";
}
