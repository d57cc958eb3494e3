using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MilSwitch.Checks.Scanning;

/// <summary>
/// Asks an ICAP service (RFC 3507) whether it would let a content pass: OPTIONS now and then, RESPMOD or REQMOD for each content,
/// with a preview where the service wants one. What the service would make of the content is never used. One connection for each
/// question. Thread-safe.
/// </summary>
/// <param name="rules">Which service.</param>
/// <param name="time">Runs the timeouts and the life of what OPTIONS said.</param>
public sealed class IcapClient(IcapRules rules, TimeProvider time) : IScanner
{
    // RFC 3507 §4.10.2 leaves it to us when no Options-TTL is given.
    private static readonly TimeSpan OptionsLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestOptionsLife = TimeSpan.FromHours(1);
    private const int Chunk = 64 << 10;

    private volatile IcapOptions? known;

    /// <inheritdoc/>
    public async ValueTask<ScanAnswer> ScanAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length > rules.LargestContent) return ScanAnswer.NotDone("larger than the scanner takes");
        var options = known is { } fresh && fresh.Until > time.GetUtcNow() ? fresh : await OptionsAsync(cancellationToken).ConfigureAwait(false);
        await using var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        var (head, unsent) = await AskAsync(connection, content, options, cancellationToken).ConfigureAwait(false);
        // RFC 3507 §4.7: another tag, another service; what was known of the old one is not good any more.
        if ((head["ISTag"] ?? "").Trim('"') != options.Tag) known = null;
        if (unsent.IsEmpty) return await IcapAnswer.JudgeAsync(connection, head, content, rules.ModifiesResponses, cancellationToken).ConfigureAwait(false);
        // It answers before it has heard all of it: it may be sending back what it gets, and then waits for the rest.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendRestAsync(connection, unsent, stopping.Token);
        try
        {
            return await IcapAnswer.JudgeAsync(connection, head, content, rules.ModifiesResponses, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask ProbeAsync(CancellationToken cancellationToken) => await OptionsAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Asks the service about itself, and remembers the answer as long as it says.</summary>
    /// <inheritdoc cref="IScanner.ScanAsync" path="/exception"/>
    public async ValueTask<IcapOptions> OptionsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await connection.WriteAsync(Head("OPTIONS") + "Encapsulated: null-body=0\r\n\r\n", cancellationToken).ConfigureAwait(false);
        var head = await IcapHead.ReadAsync(connection, "ICAP/1", cancellationToken).ConfigureAwait(false);
        var method = rules.ModifiesResponses ? "RESPMOD" : "REQMOD";
        if (head.Status is not 200) throw new IOException("the service does not answer OPTIONS");
        if (head["Methods"] is { } methods && !methods.Contains(method, StringComparison.OrdinalIgnoreCase)) throw new IOException($"the service has no {method}");
        var life = Number(head["Options-TTL"]) is { } seconds ? TimeSpan.FromSeconds(seconds) : OptionsLife;
        var options = new IcapOptions(
            (head["ISTag"] ?? "").Trim('"'), Number(head["Preview"]), head["Allow"]?.Contains("204", StringComparison.Ordinal) is true,
            time.GetUtcNow() + (life < LongestOptionsLife ? life : LongestOptionsLife));
        known = options;
        return options;
    }

    // RFC 3507 §4.5: a preview, then the rest if the service asks for it. With what was not sent yet when the answer began.
    private async ValueTask<(IcapHead Head, ReadOnlyMemory<byte> Unsent)> AskAsync(ScannerConnection connection, ReadOnlyMemory<byte> content, IcapOptions options, CancellationToken cancellationToken)
    {
        int? preview = options.Preview is { } wanted ? Math.Min(wanted, content.Length) : null;
        await connection.WriteAsync(Request(content.Length, preview, options.Allows204), cancellationToken).ConfigureAwait(false);
        if (preview is { } length)
        {
            await SendAsync(connection, content[..length], stopsAtAnswer: false, cancellationToken).ConfigureAwait(false);
            var whole = length == content.Length;
            await connection.WriteAsync(whole ? "0; ieof\r\n\r\n" : "0\r\n\r\n", cancellationToken).ConfigureAwait(false);
            var head = await IcapHead.ReadAsync(connection, "ICAP/1", cancellationToken).ConfigureAwait(false);
            if (head.Status is not 100) return (head, default);
            if (whole) throw new IOException("the service asks for more than there is");
            content = content[length..];
        }

        var unsent = await SendAsync(connection, content, stopsAtAnswer: true, cancellationToken).ConfigureAwait(false);
        if (unsent.IsEmpty) await connection.WriteAsync("0\r\n\r\n", cancellationToken).ConfigureAwait(false);
        return (await IcapHead.ReadAsync(connection, "ICAP/1", cancellationToken).ConfigureAwait(false), unsent);
    }

    // A service that knows enough does not read on, and may close: that is no fault.
    private static async Task SendRestAsync(ScannerConnection connection, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(connection, content, stopsAtAnswer: false, cancellationToken).ConfigureAwait(false);
            await connection.WriteAsync("0\r\n\r\n", cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or TimeoutException)
        {
            // The answer says what there is to say.
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> SendAsync(ScannerConnection connection, ReadOnlyMemory<byte> content, bool stopsAtAnswer, CancellationToken cancellationToken)
    {
        while (!content.IsEmpty && !(stopsAtAnswer && connection.HasAnswer))
        {
            var piece = content[..Math.Min(Chunk, content.Length)];
            await connection.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{piece.Length:x}\r\n"), cancellationToken).ConfigureAwait(false);
            await connection.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            await connection.WriteAsync("\r\n", cancellationToken).ConfigureAwait(false);
            content = content[piece.Length..];
        }

        return content;
    }

    // RFC 3507 §4.4: where in the body each of the encapsulated pieces begins.
    private string Request(int length, int? preview, bool allows204)
    {
        var lengthField = string.Create(CultureInfo.InvariantCulture, $"Content-Type: message/rfc822\r\nContent-Length: {length}\r\n\r\n");
        var request = rules.ModifiesResponses ? "GET http://mail.invalid/message HTTP/1.1\r\nHost: mail.invalid\r\n\r\n" : "POST http://mail.invalid/message HTTP/1.1\r\nHost: mail.invalid\r\n" + lengthField;
        var response = rules.ModifiesResponses ? "HTTP/1.1 200 OK\r\n" + lengthField : "";
        var text = new StringBuilder(Head(rules.ModifiesResponses ? "RESPMOD" : "REQMOD"));
        // Without it a service must send back what it leaves alone (RFC 3507 §4.6).
        if (allows204) text.Append("Allow: 204\r\n");
        if (preview is not null) text.Append(CultureInfo.InvariantCulture, $"Preview: {preview}\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Encapsulated: req-hdr=0, {(rules.ModifiesResponses ? $"res-hdr={request.Length}, res-body" : "req-body")}={request.Length + response.Length}\r\n\r\n");
        return text.Append(request).Append(response).ToString();
    }

    private string Head(string method)
    {
        var host = rules.Address.Path is null ? rules.Address.ToString() : "localhost";
        return $"{method} icap://{host}/{rules.Service} ICAP/1.0\r\nHost: {host}\r\nUser-Agent: MilSwitch\r\nConnection: close\r\n";
    }

    private ValueTask<ScannerConnection> OpenAsync(CancellationToken cancellationToken) =>
        ScannerConnection.OpenAsync(rules.Address, rules.ConnectTimeout, rules.AnswerTimeout, time, cancellationToken);

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
