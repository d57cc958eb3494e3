using System.Buffers.Binary;
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>A transport without remoting above it: what arrives is looked at as it comes.</summary>
internal sealed class BareNode : IAsyncDisposable, IAssociationEventListener, ILoggerFactory, ILogger
{
    private readonly ActorSystem system;

    private BareNode(NodeCertificate identity, NodeTransportLimits? limits, string settings)
    {
        Credentials = new NodeCredentials(identity);
        system = ActorSystem.Create("milswitch", BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString("akka.loglevel = OFF"))
            .And(new NodeTransportSetup(Credentials, limits ?? new NodeTransportLimits(), Meters, this, TimeProvider.System)));
        Transport = new NodeTransport(system, ConfigurationFactory.ParseString("maximum-frame-size = 128000b\n" + settings));
    }

    public NodeCredentials Credentials { get; }

    public NodeTransportMeters Meters { get; } = new();

    public NodeTransport Transport { get; }

    public Address Address { get; private set; } = null!;

    public int Port => Address.Port!.Value;

    /// <summary>Associations that others made.</summary>
    public BlockingCollection<(AssociationHandle Handle, Received Received)> Inbound { get; } = [];

    public ConcurrentQueue<string> Log { get; } = new();

    public static async Task<BareNode> StartAsync(NodeCertificate identity, NodeTransportLimits? limits = null, string settings = "")
    {
        var node = new BareNode(identity, limits, settings);
        var (address, listener) = await node.Transport.Listen();
        node.Address = address;
        listener.SetResult(node);
        return node;
    }

    public async Task<(AssociationHandle Handle, Received Received)> AssociateAsync(BareNode other)
    {
        var handle = await Transport.Associate(other.Address);
        var received = new Received();
        handle.ReadHandlerSource.SetResult(received);
        return (handle, received);
    }

    public (AssociationHandle Handle, Received Received) TakeInbound() =>
        Inbound.TryTake(out var taken, TimeSpan.FromSeconds(10)) ? taken : throw new TimeoutException("Nobody associated.");

    public Task RefusedAsync(RefusalCause cause, long times = 1) =>
        Eventually.ComesTrueAsync(() => Meters.Refused(cause) >= times, TimeSpan.FromSeconds(15), $"refused: {cause}");

    public void Notify(IAssociationEvent ev)
    {
        var handle = ((InboundAssociation)ev).Association;
        var received = new Received();
        handle.ReadHandlerSource.SetResult(received);
        Inbound.Add((handle, received));
    }

    public async ValueTask DisposeAsync()
    {
        await Transport.Shutdown();
        await system.Terminate();
        Inbound.Dispose();
    }

    void ILoggerFactory.AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    ILogger ILoggerFactory.CreateLogger(string categoryName) => this;

    void IDisposable.Dispose() => GC.SuppressFinalize(this);

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Log.Enqueue(formatter(state, exception));

    /// <summary>What came over one association.</summary>
    internal sealed class Received : IHandleEventListener
    {
        private readonly ManualResetEventSlim open = new(true);

        public ConcurrentQueue<ByteString> Payloads { get; } = new();

        public volatile bool Ended;

        public void Hold() => open.Reset();

        public void Release() => open.Set();

        public void Notify(IHandleEvent ev)
        {
            open.Wait();
            if (ev is InboundPayload payload) Payloads.Enqueue(payload.Payload);
            else Ended = true;
        }

        public Task CountAsync(int count) =>
            Eventually.ComesTrueAsync(() => Payloads.Count >= count, TimeSpan.FromSeconds(30), $"{count} payloads, there are {Payloads.Count}");
    }
}

internal static class Payload
{
    /// <summary>Writes when there is room, as Akka does: tries again.</summary>
    public static Task SendAsync(this AssociationHandle handle, ByteString payload) =>
        Eventually.ComesTrueAsync(() => handle.Write(payload), TimeSpan.FromSeconds(30), "there is room");

    public static ByteString Of(int number, int size = 4)
    {
        var octets = new byte[size];
        for (var i = 4; i < size; i++) octets[i] = (byte)(number + i);
        BinaryPrimitives.WriteInt32BigEndian(octets, number);
        return ByteString.CopyFrom(octets);
    }

    public static int Number(this ByteString payload) => BinaryPrimitives.ReadInt32BigEndian(payload.Span);
}
