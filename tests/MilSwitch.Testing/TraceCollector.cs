using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace MilSwitch.Testing;

/// <summary>A span as it came.</summary>
/// <param name="Trace">In hexadecimal, as all ids.</param>
/// <param name="Parent">Empty: none.</param>
/// <param name="Node">The resource's service.instance.id.</param>
/// <param name="Links">Traces that it points to.</param>
public sealed record CollectedSpan(string Trace, string Id, string Parent, string Name, string Node, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> Links);

/// <summary>A collector of OpenTelemetry that takes OTLP over HTTP as protobuf, and reads of it what tests ask for.</summary>
public sealed class TraceCollector : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentQueue<CollectedSpan> spans = new();
    private readonly ConcurrentQueue<byte[]> bodies = new();
    private readonly ConcurrentQueue<string?> authorisations = new();
    private readonly Task serving;

    private TraceCollector(int port)
    {
        Endpoint = $"http://127.0.0.1:{port}";
        listener.Prefixes.Add(Endpoint + "/");
        listener.Start();
        serving = ServeAsync();
    }

    public string Endpoint { get; }

    public IReadOnlyList<CollectedSpan> Spans => [.. spans];

    /// <summary>All that came, as octets.</summary>
    public IReadOnlyList<byte[]> Bodies => [.. bodies];

    public IReadOnlyList<string?> Authorisations => [.. authorisations];

    public static TraceCollector Start() => new(Ports.Free());

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await serving.ConfigureAwait(false);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync().ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body).ConfigureAwait(false);
            authorisations.Enqueue(context.Request.Headers["Authorization"]);
            bodies.Enqueue(body.ToArray());
            if (context.Request.Url!.AbsolutePath is "/v1/traces") Read(body.ToArray());
            context.Response.StatusCode = 200;
            context.Response.Close();
        }
    }

    // opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest, by the numbers of its fields.
    private void Read(byte[] request)
    {
        foreach (var resourceSpans in Fields(request, 1))
        {
            var node = Fields(resourceSpans, 1).SelectMany(resource => Fields(resource, 1)).Select(Pair).FirstOrDefault(p => p.Key is "service.instance.id").Value ?? "";
            foreach (var span in Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)))
            {
                spans.Enqueue(new CollectedSpan(
                    Hex(span, 1), Hex(span, 2), Hex(span, 4), Encoding.UTF8.GetString(Fields(span, 5).FirstOrDefault([])), node,
                    Fields(span, 9).Select(Pair).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal), [.. Fields(span, 13).Select(link => Hex(link, 1))]));
            }
        }
    }

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault([]));

    private static (string Key, string Value) Pair(byte[] pair) =>
        (Encoding.UTF8.GetString(Fields(pair, 1).FirstOrDefault([])), Encoding.UTF8.GetString(Fields(pair, 2).SelectMany(v => Fields(v, 1)).FirstOrDefault([])));

    // Every value of one field that has a length.
    private static List<byte[]> Fields(byte[] message, int field)
    {
        var found = new List<byte[]>();
        for (var at = 0; at < message.Length;)
        {
            var key = Number(message, ref at);
            switch (key & 7)
            {
                case 0: Number(message, ref at); break;
                case 1: at += 8; break;
                case 5: at += 4; break;
                default:
                    var length = (int)Number(message, ref at);
                    if ((int)(key >> 3) == field) found.Add(message[at..(at + length)]);
                    at += length;
                    break;
            }
        }

        return found;
    }

    private static ulong Number(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var octet = message[at++];
            value |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80) return value;
        }
    }
}
