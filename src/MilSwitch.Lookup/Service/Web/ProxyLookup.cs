using System.Buffers;
using System.Text;
using System.Text.Json;

namespace MilSwitch.Lookup.Service.Web;

/// <summary>
/// Look-ups over HTTPS, for the web server to call: <c>GET /.well-known/milswitch/smime/DOMAIN/LOCAL-PART</c> or
/// <c>?email=ADDRESS</c>, with <c>from</c>, <c>label</c> (an ESSSecurityLabel in base64url) and <c>format</c> (<c>der</c>,
/// <c>pem</c>, <c>json</c>). Thread-safe.
/// </summary>
public sealed class ProxyLookup(ProxyAuthority authority, TimeProvider time)
{
    /// <summary>Where the web server puts it.</summary>
    public const string Path = "/.well-known/milswitch/smime";

    private static readonly TimeSpan LongestAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(60);

    /// <summary>Answers one. Never throws for what somebody asks.</summary>
    /// <param name="path">As it was sent, percent-encoded.</param>
    /// <param name="query">As it was sent, with or without its question mark; may be empty.</param>
    /// <param name="accept">The Accept field; counts where the query has no format.</param>
    /// <param name="peer">The client's address, as the log has it.</param>
    public async ValueTask<WebAnswer> AnswerAsync(string path, string query, string? accept, string peer, CancellationToken cancellationToken = default)
    {
        if (WebQuery.Read(path, query) is not { } asked) return Problem(400, "This is no look-up.");
        var request = new ProxyRequest(asked.Recipient, ProxyRequest.Cut("https " + peer)) { Client = peer, Originator = asked.Originator, Label = asked.Label };
        return await authority.IssueAsync(request, cancellationToken).ConfigureAwait(false) switch
        {
            ProxyAnswer.Issued issued => Found(issued, asked.Format ?? Format(accept), ProxyAddress.Write(asked.Recipient)),
            ProxyAnswer.Refused { Reason: ProxyRefusal.AboveCeiling } => Problem(403, "A message with this label may not be decrypted at the boundary."),
            ProxyAnswer.Refused { Reason: ProxyRefusal.OptedOut } => Problem(403, "This correspondence may not be decrypted at the boundary."),
            ProxyAnswer.Refused { Reason: ProxyRefusal.TooMany } => Problem(429, "Too many certificates are asked for.") with { RetryAfter = Later },
            ProxyAnswer.Refused { IsTemporary: true } => Problem(503, "No certificate can be issued now.") with { RetryAfter = Later },
            _ => Problem(404, "There is no certificate for this address here."),
        };
    }

    private static string Format(string? accept)
    {
        if (accept is null) return "der";
        if (accept.Contains("application/json", StringComparison.OrdinalIgnoreCase)) return "json";
        return accept.Contains("application/pem-certificate-chain", StringComparison.OrdinalIgnoreCase) ? "pem" : "der";
    }

    private WebAnswer Found(ProxyAnswer.Issued issued, string format, string recipient)
    {
        var left = issued.RenewAt - time.GetUtcNow();
        var age = left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestAge ? left : LongestAge;
        return format switch
        {
            "json" => new WebAnswer(200, "application/json", Json(issued, recipient), age),
            "pem" => new WebAnswer(200, "application/pem-certificate-chain", Pem(issued), age),
            _ => new WebAnswer(200, "application/pkix-cert", issued.Certificate.Encoded, age),
        };
    }

    // What an aware client shows before the message is written.
    private byte[] Json(ProxyAnswer.Issued issued, string recipient)
    {
        var buffer = new ArrayBufferWriter<byte>(8_192);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("recipient", recipient);
            json.WriteString("protectedTo", authority.Settings.BoundaryName);
            json.WriteString("gateway", authority.Settings.GatewayUri);
            json.WriteString("policy", authority.Settings.Policy);
            json.WriteString("notAfter", issued.Certificate.NotAfter.UtcDateTime);
            json.WriteStartArray("certificates");
            foreach (var certificate in issued.Certificates) json.WriteBase64StringValue(certificate.Encoded.Span);
            json.WriteEndArray();
            json.WriteStartArray("chain");
            foreach (var certificate in issued.Chain) json.WriteBase64StringValue(certificate.Encoded.Span);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Pem(ProxyAnswer.Issued issued)
    {
        var text = new StringBuilder();
        foreach (var certificate in issued.Chain.Insert(0, issued.Certificate)) text.Append(System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", certificate.Encoded.Span)).Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    // RFC 9457.
    private static WebAnswer Problem(int status, string title)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("status", status);
            json.WriteString("title", title);
            json.WriteEndObject();
        }

        return new WebAnswer(status, "application/problem+json", buffer.WrittenSpan.ToArray(), TimeSpan.Zero);
    }
}
