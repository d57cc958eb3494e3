using System.Formats.Asn1;
using System.Net.Security;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>One client's dialogue: one request after another, each answered before the next is read. Not thread-safe.</summary>
internal sealed class LdapSession(LdapSearcher searcher, LdapSettings settings, TimeProvider time, Stream stream, string peer, bool isSecure, Func<Stream, CancellationToken, Task<SslStream>>? secure)
{
    // A client that goes on guessing has to come again.
    private const int MostFailedBinds = 3;

    private Stream stream = stream;
    private LdapPduReader reader = new(stream, settings.LongestRequest);
    private bool isSecure = isSecure;
    private SslStream? inside;
    private string? boundAs;
    private int failedBinds;

    /// <summary>Ends when the client goes, breaks the rules, or is idle for too long.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var idle = new CancellationTokenSource(settings.Idle, time);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
                var octets = await reader.ReadAsync(limit.Token).ConfigureAwait(false);
                if (octets.IsEmpty || !await AnswerAsync(LdapMessage.Read(octets), limit.Token).ConfigureAwait(false)) return;
            }
        }
        catch (LdapFormatException fault)
        {
            await SayGoodbyeAsync(fault.Result, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (inside is not null) await inside.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> AnswerAsync(LdapMessage message, CancellationToken cancellationToken)
    {
        switch (message.Operation)
        {
            case LdapOperation.UnbindRequest:
                return false;
            case LdapOperation.AbandonRequest:
                // What could be abandoned is answered already (RFC 4511 §4.11).
                return true;
        }

        if (AnswerTo(message.Operation) is not { } operation) throw new LdapFormatException("an unknown operation");
        if (message.HasCriticalControl) return await SayAsync(message.Id, operation, LdapResult.UnavailableCriticalExtension, "", cancellationToken).ConfigureAwait(false);
        switch (message.Operation)
        {
            case LdapOperation.BindRequest:
                return await BindAsync(message, cancellationToken).ConfigureAwait(false);
            case LdapOperation.SearchRequest:
                return await SearchAsync(message, cancellationToken).ConfigureAwait(false);
            case LdapOperation.ExtendedRequest:
                return await ExtendAsync(message, cancellationToken).ConfigureAwait(false);
            default:
                return await SayAsync(message.Id, operation, LdapResult.UnwillingToPerform, "this directory is for look-ups only", cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> BindAsync(LdapMessage message, CancellationToken cancellationToken)
    {
        // Whatever comes of it, who the client was before does not count any more (RFC 4513 §4).
        boundAs = null;
        var (result, name) = ReadBind(message.Encoded, out var password);
        if (result is LdapResult.Success && password.Length > 0)
        {
            var isGood = settings.Authenticate is { } authenticate && await authenticate(name, password, cancellationToken).ConfigureAwait(false);
            if (isGood) boundAs = name;
            else result = LdapResult.InvalidCredentials;
        }

        await SayAsync(message.Id, LdapOperation.BindResponse, result, "", cancellationToken).ConfigureAwait(false);
        return result is not LdapResult.InvalidCredentials || ++failedBinds < MostFailedBinds;
    }

    private (LdapResult Result, string Name) ReadBind(ReadOnlyMemory<byte> encoded, out ReadOnlyMemory<byte> password)
    {
        password = default;
        try
        {
            var request = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence(LdapOperation.Tag(LdapOperation.BindRequest));
            if (!request.TryReadInt32(out var version)) throw new LdapFormatException("a version that is none");
            if (version is not 3) return (LdapResult.ProtocolError, "");
            var name = LdapMessage.ReadText(request);
            var simple = new Asn1Tag(TagClass.ContextSpecific, 0);
            if (!request.PeekTag().HasSameClassAndValue(simple)) return (LdapResult.AuthMethodNotSupported, "");
            password = LdapMessage.ReadOctets(request, simple);
            request.ThrowIfNotEmpty();
            // A name without a password proves nothing and must not look as if it did (RFC 4513 §5.1.2).
            if (password.IsEmpty) return (name.Length is 0 ? LdapResult.Success : LdapResult.UnwillingToPerform, name);
            return (isSecure ? LdapResult.Success : LdapResult.ConfidentialityRequired, name);
        }
        catch (Exception fault) when (fault is AsnContentException or InvalidOperationException or ArgumentException)
        {
            throw new LdapFormatException("no bind", cause: fault);
        }
    }

    private async ValueTask<bool> SearchAsync(LdapMessage message, CancellationToken cancellationToken)
    {
        LdapSearch search;
        try
        {
            search = LdapSearch.Read(message.Encoded);
        }
        catch (LdapFormatException fault) when (fault.Result is not LdapResult.ProtocolError)
        {
            return await SayAsync(message.Id, LdapOperation.SearchResultDone, fault.Result, fault.Message, cancellationToken).ConfigureAwait(false);
        }

        // The server's own entry is for everybody: clients ask for it before they bind (RFC 4512 §5.1).
        if (settings.RequireBind && boundAs is null && !LdapSearcher.IsForRoot(search))
            return await SayAsync(message.Id, LdapOperation.SearchResultDone, LdapResult.InsufficientAccessRights, "", cancellationToken).ConfigureAwait(false);
        var result = await searcher.SearchAsync(message.Id, search, peer, boundAs, secure is not null && !isSecure, WriteAsync, cancellationToken).ConfigureAwait(false);
        return await SayAsync(message.Id, LdapOperation.SearchResultDone, result, "", cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> ExtendAsync(LdapMessage message, CancellationToken cancellationToken)
    {
        string name;
        try
        {
            name = LdapMessage.ReadText(
                new AsnReader(message.Encoded, AsnEncodingRules.BER).ReadSequence(LdapOperation.Tag(LdapOperation.ExtendedRequest)), new Asn1Tag(TagClass.ContextSpecific, 0));
        }
        catch (Exception fault) when (fault is AsnContentException or InvalidOperationException or ArgumentException)
        {
            throw new LdapFormatException("no extended operation", cause: fault);
        }

        if (name != LdapOperation.StartTls || secure is null || isSecure)
            return await SayAsync(message.Id, LdapOperation.ExtendedResponse, LdapResult.ProtocolError, "", cancellationToken).ConfigureAwait(false);
        // What came behind the request would be taken for something that was said inside of TLS.
        if (reader.HasMore) throw new LdapFormatException("octets behind StartTLS");
        await WriteAsync(LdapWriter.Result(message.Id, LdapOperation.ExtendedResponse, LdapResult.Success, "", LdapOperation.StartTls), cancellationToken).ConfigureAwait(false);
        stream = inside = await secure(stream, cancellationToken).ConfigureAwait(false);
        reader = new LdapPduReader(stream, settings.LongestRequest);
        (isSecure, boundAs) = (true, null);
        return true;
    }

    private async ValueTask<bool> SayAsync(int id, int operation, LdapResult result, string text, CancellationToken cancellationToken)
    {
        await WriteAsync(LdapWriter.Result(id, operation, result, text), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async ValueTask SayGoodbyeAsync(LdapResult result, CancellationToken cancellationToken)
    {
        using var idle = new CancellationTokenSource(settings.Idle, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        await WriteAsync(LdapWriter.Disconnection(result), limit.Token).ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(octets, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static int? AnswerTo(int operation) => operation switch
    {
        LdapOperation.BindRequest => LdapOperation.BindResponse,
        LdapOperation.SearchRequest => LdapOperation.SearchResultDone,
        LdapOperation.DelRequest => 11,
        LdapOperation.ModifyRequest or LdapOperation.AddRequest or LdapOperation.ModifyDnRequest or LdapOperation.CompareRequest or LdapOperation.ExtendedRequest => operation + 1,
        _ => null,
    };
}
