using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Api;

/// <summary>
/// <c>Idempotency-Key</c> on POST (draft-ietf-httpapi-idempotency-key-header-07): whoever did not hear the answer asks again
/// with the same key and gets it, and nothing is done twice.
/// </summary>
internal static class IdempotentRequests
{
    public const string Header = "Idempotency-Key";

    private const int MaximumKey = 255;
    private const string UnderWay = "A request with this Idempotency-Key is under way; ask again.";

    /// <summary>Runs the operation, or repeats its answer. Requests without a key and other methods pass untouched.</summary>
    public static async Task AnswerAsync(HttpContext context, RequestDelegate next, ApiCaller caller, IdempotencyKeys keys, IRequestStore? shared)
    {
        var field = context.Request.Headers[Header];
        if (field.Count is 0 || !HttpMethods.IsPost(context.Request.Method) || context.GetEndpoint() is null)
        {
            await next(context);
            return;
        }

        if (field.Count > 1 || !TryReadKey(field[0], out var key))
        {
            await Problems.BadRequest($"{Header} must be a string of 1 to {MaximumKey} printable ASCII characters, in quotation marks.").ExecuteAsync(context);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var (verdict, entry) = keys.Claim($"{(caller.Identity.Via == "socket" ? "socket" : "token")} {caller.Identity.Name}", key, FingerprintOf(context.Request, body));
        switch (verdict)
        {
            case IdempotencyKeys.Verdict.Do:
                body.Position = 0;
                context.Request.Body = body;
                // A client that leaves will ask again, and is to find the answer: what has begun ends.
                context.RequestAborted = CancellationToken.None;
                if (shared is null) await DoAsync(context, next, keys, entry!, null);
                else await ShareAsync(context, next, keys, entry!, shared);
                break;
            case IdempotencyKeys.Verdict.Repeat:
                await WriteAsync(context, entry!.Answer!);
                break;
            case IdempotencyKeys.Verdict.Wait:
                await Problems.Conflict(UnderWay).ExecuteAsync(context);
                break;
            case IdempotencyKeys.Verdict.Differs:
                await DiffersAsync(context);
                break;
            default:
                await Problems.Answer(429, "Too many requests", "Too many requests with an Idempotency-Key are under way.").ExecuteAsync(context);
                break;
        }
    }

    private static Task DiffersAsync(HttpContext context) =>
        Problems.Answer(422, "The key was used before", "This Idempotency-Key belongs to another request; nothing was done.").ExecuteAsync(context);

    /// <summary>New here; another node may know it.</summary>
    private static async Task ShareAsync(HttpContext context, RequestDelegate next, IdempotencyKeys keys, IdempotencyKeys.Entry entry, IRequestStore shared)
    {
        RequestClaim? claim = null;
        try
        {
            claim = await shared.ClaimRequestAsync(entry.Caller, entry.Key, entry.Fingerprint, context.RequestAborted);
        }
        finally
        {
            // Without the store nobody knows whether it was done: it is not.
            if (claim is not { State: RequestState.Taken or RequestState.Answered }) keys.Abandon(entry);
        }

        switch (claim.State)
        {
            case RequestState.Taken:
                await DoAsync(context, next, keys, entry, shared);
                break;
            case RequestState.Answered:
                keys.Complete(entry, StoredAnswer.Of(claim.Answer!));
                await WriteAsync(context, entry.Answer!);
                break;
            case RequestState.Lost:
                await Problems.Conflict("The node that began this request ended before it answered, and nobody knows whether it was done: look, and ask with another Idempotency-Key.").ExecuteAsync(context);
                break;
            case RequestState.Differs:
                await DiffersAsync(context);
                break;
            default:
                await Problems.Conflict(UnderWay).ExecuteAsync(context);
                break;
        }
    }

    private static async Task DoAsync(HttpContext context, RequestDelegate next, IdempotencyKeys keys, IdempotencyKeys.Entry entry, IRequestStore? shared)
    {
        var (wire, kept) = (context.Response.Body, new MemoryStream());
        context.Response.Body = kept;
        StoredAnswer? answer = null;
        try
        {
            await next(context);
            var response = context.Response;
            answer = new StoredAnswer(response.StatusCode, response.ContentType, response.Headers.ETag, kept.ToArray());
        }
        finally
        {
            context.Response.Body = wire;
            // An internal fault is no outcome: the next attempt is a first one. A refusal is one.
            var isOutcome = answer is { Status: < 500 };
            if (shared is not null) await TellAsync(context, entry, isOutcome ? answer : null, shared);
            if (isOutcome) keys.Complete(entry, answer!);
            else keys.Abandon(entry);
        }

        await WriteAsync(context, answer);
    }

    /// <summary>Lets the other nodes know. What can't be told stays theirs to refuse, and this node knows it.</summary>
    private static async Task TellAsync(HttpContext context, IdempotencyKeys.Entry entry, StoredAnswer? answer, IRequestStore shared)
    {
        try
        {
            if (answer is null) await shared.AbandonRequestAsync(entry.Caller, entry.Key);
            else await shared.CompleteRequestAsync(entry.Caller, entry.Key, answer.ToShared());
        }
        catch (SpoolUnavailableException fault)
        {
            ApiLog.NotShared(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("MilSwitch.Host.Api"), fault);
        }
    }

    private static async Task WriteAsync(HttpContext context, StoredAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        context.Response.Headers.ETag = answer.Tag;
        if (answer.Body.IsEmpty) return;
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body);
    }

    // §2.1: a String of RFC 8941 §3.3.3. Many clients leave the quotation marks out; both spell the same key.
    private static bool TryReadKey(string? field, out string key)
    {
        key = field?.Trim() ?? "";
        if (key.Length >= 2 && key[0] == '"' && key[^1] == '"')
        {
            var read = new StringBuilder();
            for (var i = 1; i < key.Length - 1; i++)
            {
                if (key[i] == '"') return false;
                if (key[i] == '\\' && (++i == key.Length - 1 || key[i] is not ('"' or '\\'))) return false;
                read.Append(key[i]);
            }

            key = read.ToString();
        }
        else if (key.AsSpan().IndexOfAny(" \"\\,;") >= 0)
        {
            return false;
        }

        return key.Length is > 0 and <= MaximumKey && key.All(c => c is >= ' ' and <= '~');
    }

    // §2.4: of everything that makes the request what it is.
    private static byte[] FingerprintOf(HttpRequest request, MemoryStream body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in new[] { request.Path.Value, request.QueryString.Value, request.ContentType, request.Headers.IfMatch.ToString() })
            hash.AppendData(Encoding.UTF8.GetBytes((part ?? "") + "\n"));
        hash.AppendData(body.GetBuffer().AsSpan(0, (int)body.Length));
        return hash.GetHashAndReset();
    }
}
