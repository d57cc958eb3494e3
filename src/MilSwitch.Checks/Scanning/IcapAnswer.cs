using System.Globalization;

namespace MilSwitch.Checks.Scanning;

/// <summary>Reads what an ICAP service answers to a content, and says what it means.</summary>
internal static class IcapAnswer
{
    // Where services name what they found; none of these is in RFC 3507, all are in use.
    private static readonly string[] Finds = ["X-Infection-Found", "X-Virus-ID", "X-Violations-Found", "X-Blocked-Reason"];

    /// <param name="connection">Behind the head of the answer.</param>
    /// <param name="head">That head, not 100.</param>
    /// <param name="content">What was sent.</param>
    /// <param name="isResponse">It was asked with RESPMOD.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It is no answer.</exception>
    public static async ValueTask<ScanAnswer> JudgeAsync(ScannerConnection connection, IcapHead head, ReadOnlyMemory<byte> content, bool isResponse, CancellationToken cancellationToken)
    {
        if (Finds.Select(name => head[name]).FirstOrDefault(value => value is not null) is { } found) return ScanAnswer.Found(NameIn(found));
        if (head.Status is 204) return ScanAnswer.Clean;
        if (head.Status is not (200 or 206)) return ScanAnswer.NotDone(string.Create(CultureInfo.InvariantCulture, $"the service answers {head.Status}"));
        // A service that changes something, or answers in place of the content, has found something. One that can't say 204 sends all of it back.
        return await IsSameAsync(connection, head, content, isResponse, cancellationToken).ConfigureAwait(false)
            ? ScanAnswer.Clean
            : ScanAnswer.Found("the service would change or replace it");
    }

    // "Type=0; Resolution=2; Threat=Eicar-Test-Signature;"
    private static string NameIn(string value)
    {
        const string Threat = "Threat=";
        var at = value.IndexOf(Threat, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? value : value[(at + Threat.Length)..].Split(';')[0];
    }

    private static async ValueTask<bool> IsSameAsync(ScannerConnection connection, IcapHead head, ReadOnlyMemory<byte> content, bool isResponse, CancellationToken cancellationToken)
    {
        var encapsulated = head["Encapsulated"] ?? throw new IOException("no Encapsulated in the answer");
        if (!encapsulated.Contains(isResponse ? "res-hdr=0" : "req-hdr=0", StringComparison.OrdinalIgnoreCase) || !encapsulated.Contains(isResponse ? "res-body=" : "req-body=", StringComparison.OrdinalIgnoreCase)) return false;
        if (isResponse)
        {
            if ((await IcapHead.ReadAsync(connection, "HTTP/1", cancellationToken).ConfigureAwait(false)).Status is not 200) return false;
        }
        else
        {
            while (await connection.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 })
            {
                // The request as it was sent.
            }
        }

        return await ReadsAsync(connection, content, cancellationToken).ConfigureAwait(false);
    }

    // Chunks (RFC 9112 §7.1) that come to the content and no more.
    private static async ValueTask<bool> ReadsAsync(ScannerConnection connection, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        while (true)
        {
            var line = await connection.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            if (!int.TryParse(line.Split(';')[0].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var length) || length < 0) throw new IOException("no chunk in the answer");
            if (length is 0) return content.IsEmpty;
            if (length > content.Length) return false;
            while (length > 0)
            {
                var piece = await connection.ReadAsync(length, cancellationToken).ConfigureAwait(false);
                if (!piece.Span.SequenceEqual(content.Span[..piece.Length])) return false;
                content = content[piece.Length..];
                length -= piece.Length;
            }

            if (await connection.ReadLineAsync(cancellationToken).ConfigureAwait(false) is not "") throw new IOException("no end of a chunk in the answer");
        }
    }
}
