using System.Threading.Channels;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// An association over one connection at a time. It outlives its connection: who dialled makes another one under the newest
/// certificates, each side moves to it behind its last frame on the old one, and Akka notices nothing. Thread-safe.
/// </summary>
internal sealed class NodeAssociation : AssociationHandle
{
    // One TLS record; what is longer goes out by itself.
    private const int BatchSize = 16 * 1024;

    private readonly NodeTransport transport;
    private readonly NodeConnection first;
    private readonly Channel<Frame> queue = Channel.CreateUnbounded<Frame>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource aborted = new();
    private readonly Lock gate = new();
    private NodeConnection latest;
    private Move? moving;
    private TaskCompletionSource<Move> arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long queued;
    private bool ended;

    public NodeAssociation(NodeTransport transport, Address local, Address remote, Guid id, bool dialled, NodeConnection first) : base(local, remote)
    {
        this.transport = transport;
        this.first = latest = first;
        Id = id;
        Dialled = dialled;
    }

    public Guid Id { get; }

    /// <summary>This side dialled and makes the next connection.</summary>
    public bool Dialled { get; }

    /// <summary>The newest connection.</summary>
    public NodeConnection Latest
    {
        get
        {
            lock (gate) return latest;
        }
    }

    /// <summary>The other side asked for another connection.</summary>
    public bool RenewalAsked { get; private set; }

    /// <summary>When the transport first saw that the connection has to be made anew.</summary>
    public long? OutdatedSince { get; set; }

    /// <summary>Done when nothing of it is left.</summary>
    public Task Completed => completed.Task;

    public void Start()
    {
        _ = Task.Run(WriteAllAsync);
        _ = ReadHandlerSource.Task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
            .WaitAsync(transport.Limits.Listener, transport.Time, aborted.Token)
            .ContinueWith(ReadAllAsync, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>False: no room, or the association has ended; Akka tries again or learns of the end.</summary>
    public override bool Write(ByteString payload)
    {
        var size = Frame.Overhead + payload.Length;
        if (Interlocked.Add(ref queued, size) > transport.Limits.Queue || !queue.Writer.TryWrite(new Frame(FrameKind.Data, payload)))
        {
            Interlocked.Add(ref queued, -size);
            return false;
        }

        return true;
    }

#pragma warning disable CS0672, CS0618 // Akka calls it through the overload with a reason; there is no other to override.
    public override void Disassociate()
#pragma warning restore CS0672, CS0618
    {
        lock (gate)
        {
            if (ended) return;
            ended = true;
        }

        queue.Writer.TryWrite(Frame.Of(FrameKind.End));
        queue.Writer.TryComplete();
        _ = LingerAsync();
    }

    /// <summary>Ends it without ado; Akka is told.</summary>
    public void Abort()
    {
        lock (gate)
        {
            latest.Close();
            moving?.From.Close();
        }

        aborted.Cancel();
    }

    /// <summary>Asks who dialled for another connection. False: none came in time.</summary>
    public async Task<bool> AskForRenewalAsync()
    {
        var move = NextMoveAsync();
        queue.Writer.TryWrite(Frame.Of(FrameKind.Renew));
        try
        {
            await move.ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Goes on over another connection, in both directions. False: it has ended, or is just moving.</summary>
    public bool MoveTo(NodeConnection next)
    {
        lock (gate)
        {
            if (ended || moving is not null || !queue.Writer.TryWrite(Frame.Of(FrameKind.Moved))) return false;
            moving = new Move(latest, next);
            latest = next;
            RenewalAsked = false;
            OutdatedSince = null;
            arrival.TrySetResult(moving);
            return true;
        }
    }

    private async Task LingerAsync()
    {
        try
        {
            await Completed.WaitAsync(transport.Limits.Linger, transport.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Abort();
        }
    }

    private async Task ReadAllAsync(Task listening)
    {
        var octets = 0L;
        var connection = first;
        IHandleEventListener? listener = null;
        try
        {
            await listening.ConfigureAwait(false);
            listener = await ReadHandlerSource.Task.ConfigureAwait(false);
            while (true)
            {
                var frames = 0;
                while (connection.Reader.TryRead(out var frame))
                {
                    frames++;
                    if (frame.Kind is FrameKind.Data)
                    {
                        if (!Volatile.Read(ref ended)) listener.Notify(new InboundPayload(frame.Payload));
                    }
                    else if (frame.Kind is FrameKind.Renew && Dialled)
                    {
                        RenewalAsked = true;
                        transport.LookAtConnections();
                    }
                    else if (frame.Kind is FrameKind.Moved)
                    {
                        transport.Meters.CountIn(frames, connection.Reader.Octets - octets);
                        var move = await NextMoveAsync().ConfigureAwait(false);
                        (connection, octets, frames) = (move.To, 0, 0);
                        HalfDone(move);
                    }
                    else if (frame.Kind is FrameKind.End) return;
                    else throw new FrameException("a frame out of place");
                }

                if (frames > 0)
                {
                    transport.Meters.CountIn(frames, connection.Reader.Octets - octets);
                    octets = connection.Reader.Octets;
                }

                if (!await connection.Reader.FillAsync(CancellationToken.None).ConfigureAwait(false)) return;
            }
        }
        catch (FrameException)
        {
            transport.Refusals.Tell(RefusalCause.Frame, !Dialled, connection.Remote);
        }
        catch (Exception)
        {
            // The connection broke or was closed here; Akka learns of it below.
        }
        finally
        {
            queue.Writer.TryComplete();
            bool tell;
            lock (gate) (tell, ended) = (!ended, true);
            if (tell) listener?.Notify(new Disassociated(DisassociateInfo.Unknown));
            Abort();
            transport.Forget(this);
            completed.TrySetResult();
        }
    }

    private Task<Move> NextMoveAsync()
    {
        lock (gate) return arrival.Task.WaitAsync(transport.Limits.Handshake, transport.Time);
    }

    // The old connection is done with when both directions have left it.
    private void HalfDone(Move move)
    {
        lock (gate)
        {
            if (++move.Halves < 2) return;
            moving = null;
            arrival = new TaskCompletionSource<Move>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        move.From.Close();
        transport.Meters.CountRenewed();
    }

    private async Task WriteAllAsync()
    {
        var batch = new byte[BatchSize];
        var (filled, frames, released) = (0, 0, 0L);
        var connection = first;
        try
        {
            while (await queue.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (queue.Reader.TryRead(out var frame))
                {
                    var size = Frame.Overhead + frame.Payload.Length;
                    if (filled + size > batch.Length) await FlushAsync().ConfigureAwait(false);
                    NodeConnection.WriteHeader(batch.AsSpan(filled), frame);
                    filled += Frame.Overhead;
                    frames++;
                    if (frame.Kind is FrameKind.Data) released += size;
                    if (size > batch.Length)
                    {
                        await FlushAsync(frame.Payload.Memory).ConfigureAwait(false);
                    }
                    else
                    {
                        frame.Payload.Span.CopyTo(batch.AsSpan(filled));
                        filled += frame.Payload.Length;
                    }

                    if (frame.Kind is not FrameKind.Moved) continue;
                    await FlushAsync().ConfigureAwait(false);
                    Move move;
                    lock (gate) move = moving!;
                    connection = move.To;
                    HalfDone(move);
                }

                if (filled > 0) await FlushAsync().ConfigureAwait(false);
            }

            await connection.EndWritingAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The reader learns of it.
            Abort();
        }

        async ValueTask FlushAsync(ReadOnlyMemory<byte> more = default)
        {
            await connection.WriteAsync(batch.AsMemory(0, filled), CancellationToken.None).ConfigureAwait(false);
            if (!more.IsEmpty) await connection.WriteAsync(more, CancellationToken.None).ConfigureAwait(false);
            transport.Meters.CountOut(frames, filled + more.Length);
            Interlocked.Add(ref queued, -released);
            (filled, frames, released) = (0, 0, 0);
        }
    }

    private sealed class Move(NodeConnection from, NodeConnection to)
    {
        public NodeConnection From { get; } = from;

        public NodeConnection To { get; } = to;

        /// <summary>Directions that have moved, of two.</summary>
        public int Halves { get; set; }
    }
}
