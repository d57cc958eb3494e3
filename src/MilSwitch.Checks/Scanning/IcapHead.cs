using System.Collections.Frozen;
using System.Globalization;

namespace MilSwitch.Checks.Scanning;

/// <summary>The head of an ICAP answer (RFC 3507 §4.3), or of the HTTP message in it: a status and fields. Immutable.</summary>
internal sealed record IcapHead(int Status, FrozenDictionary<string, string> Fields)
{
    private const int MostFields = 100;

    /// <summary>Of several fields of one name the first.</summary>
    public string? this[string name] => Fields.GetValueOrDefault(name);

    /// <exception cref="IOException">It is none.</exception>
    public static async ValueTask<IcapHead> ReadAsync(ScannerConnection connection, string protocol, CancellationToken cancellationToken)
    {
        var first = await connection.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        // "ICAP/1.0 204 No modifications needed", "HTTP/1.1 403 Forbidden"
        if (!first.StartsWith(protocol, StringComparison.Ordinal) || first.Length < protocol.Length + 6 || first[protocol.Length + 2] is not ' '
            || !int.TryParse(first.AsSpan(protocol.Length + 3, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            throw new IOException("no answer of ICAP");
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var count = 0; await connection.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } line; count++)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (count == MostFields || (colon < 1 && line[0] is not (' ' or '\t'))) throw new IOException("no header of ICAP");
            // Folds go on with what nobody here asks for.
            if (colon > 0 && line[0] is not (' ' or '\t')) fields.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
        }

        return new IcapHead(status, fields.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
    }
}
