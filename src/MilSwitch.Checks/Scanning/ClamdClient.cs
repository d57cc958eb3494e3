using System.Buffers.Binary;

namespace MilSwitch.Checks.Scanning;

/// <summary>
/// Speaks with clamd (clamd(8), commands with the prefix z): one connection for each question, which ends with the answer.
/// Thread-safe.
/// </summary>
/// <param name="rules">Which clamd.</param>
/// <param name="time">Runs the timeouts.</param>
public sealed class ClamdClient(ClamdRules rules, TimeProvider time) : IScanner
{
    private const int LongestAnswer = 4096;

    /// <inheritdoc/>
    public async ValueTask<ScanAnswer> ScanAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.Length > rules.LargestStream) return ScanAnswer.NotDone("larger than the scanner takes");
        await using var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await connection.WriteAsync("zINSTREAM\0", cancellationToken).ConfigureAwait(false);
        try
        {
            await SendAsync(connection, content, cancellationToken).ConfigureAwait(false);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // clamd answers and closes in the middle of a stream that is too large for it: its answer may still be read.
        }

        return Judge(await connection.ReadUntilAsync(0, LongestAnswer, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Whether it lives (<c>PING</c>).</summary>
    /// <inheritdoc cref="IScanner.ScanAsync" path="/exception"/>
    public async ValueTask<bool> PingAsync(CancellationToken cancellationToken) => await AskAsync("zPING\0", cancellationToken).ConfigureAwait(false) is "PONG";

    /// <inheritdoc/>
    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        if (!await PingAsync(cancellationToken).ConfigureAwait(false)) throw new IOException("no answer of clamd");
    }

    /// <summary>Engine, number and date of the signatures (<c>VERSION</c>).</summary>
    /// <inheritdoc cref="IScanner.ScanAsync" path="/exception"/>
    public ValueTask<string> VersionAsync(CancellationToken cancellationToken) => AskAsync("zVERSION\0", cancellationToken);

    private async ValueTask<string> AskAsync(string command, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await connection.WriteAsync(command, cancellationToken).ConfigureAwait(false);
        return await connection.ReadUntilAsync(0, LongestAnswer, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<ScannerConnection> OpenAsync(CancellationToken cancellationToken) =>
        ScannerConnection.OpenAsync(rules.Address, rules.ConnectTimeout, rules.AnswerTimeout, time, cancellationToken);

    // Pieces with their length in four octets before each, the highest first; a piece of no length ends them.
    private async ValueTask SendAsync(ScannerConnection connection, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var length = new byte[4];
        while (!content.IsEmpty && !connection.HasAnswer)
        {
            var piece = content[..Math.Min(rules.ChunkOctets, content.Length)];
            BinaryPrimitives.WriteInt32BigEndian(length, piece.Length);
            await connection.WriteAsync(length, cancellationToken).ConfigureAwait(false);
            await connection.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            content = content[piece.Length..];
        }

        await connection.WriteAsync(new byte[4], cancellationToken).ConfigureAwait(false);
    }

    private static ScanAnswer Judge(string answer)
    {
        const string Stream = "stream: ";
        if (answer is "stream: OK") return ScanAnswer.Clean;
        if (answer.StartsWith(Stream, StringComparison.Ordinal) && answer.EndsWith(" FOUND", StringComparison.Ordinal)) return ScanAnswer.Found(answer[Stream.Length..^6]);
        if (answer.Contains("size limit exceeded", StringComparison.Ordinal)) return ScanAnswer.NotDone("larger than the scanner takes");
        return answer.EndsWith(" ERROR", StringComparison.Ordinal) ? ScanAnswer.NotDone("the scanner reports an error") : throw new IOException("no answer of clamd");
    }
}
