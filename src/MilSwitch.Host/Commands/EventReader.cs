namespace MilSwitch.Host.Commands;

/// <summary>Reads a stream of server-sent events (HTML Living Standard §9.2.6), as far as a node writes it.</summary>
internal sealed class EventReader(TextReader input)
{
    /// <summary>Null at the end of the stream. An id without data is passed over, its place is kept.</summary>
    public async Task<(string Type, string Data)?> ReadAsync(CancellationToken cancellationToken)
    {
        var (type, data) = ("message", "");
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length is 0)
            {
                if (data.Length > 0) return (type, data);
                type = "message";
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (field, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..].TrimStart(' '));
            if (field == "event") type = value;
            else if (field == "data") data = value;
            else if (field == "id") LastId = value;
        }

        return null;
    }

    public string? LastId { get; private set; }
}
