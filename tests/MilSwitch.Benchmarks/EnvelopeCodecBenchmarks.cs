using BenchmarkDotNet.Attributes;
using MilSwitch.Domain.Messages;
using MilSwitch.Storage;

namespace MilSwitch.Benchmarks;

/// <summary>What it costs to store and to load one envelope.</summary>
[MemoryDiagnoser]
public class EnvelopeCodecBenchmarks
{
    private readonly Envelope envelope = SpoolThroughput.Envelope(42);
    private readonly TaggedWriter writer = new();
    private byte[] octets = [];

    [GlobalSetup]
    public void Encode()
    {
        EnvelopeCodec.Write(envelope, writer);
        octets = writer.Written.ToArray();
    }

    [Benchmark]
    public int Write()
    {
        writer.Reset();
        EnvelopeCodec.Write(envelope, writer);
        return writer.Length;
    }

    [Benchmark]
    public Envelope Read() => EnvelopeCodec.Read(octets);
}
