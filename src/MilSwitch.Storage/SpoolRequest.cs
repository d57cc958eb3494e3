using System.Threading.Tasks.Sources;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>
/// One operation on its way through the writer, with its envelopes encoded on the caller's thread. Pooled: it belongs to
/// whoever awaits its <see cref="Task"/>, once.
/// </summary>
public sealed class SpoolRequest : IValueTaskSource<CommitResult>
{
    private readonly Action<SpoolRequest> giveBack;
    private readonly TaggedWriter encoded = new();
    private readonly List<int> ends = [];
    private ManualResetValueTaskSourceCore<CommitResult> core = new() { RunContinuationsAsynchronously = true };

    internal SpoolRequest(Action<SpoolRequest> giveBack) => this.giveBack = giveBack;

    public SpoolOperation Operation { get; private set; } = null!;

    /// <summary>Octets of inline content; decides how much fits into one transaction.</summary>
    public long Weight { get; private set; }

    /// <summary>How it ended; for the store to say.</summary>
    public CommitResult Result { get; set; }

    internal ValueTask<CommitResult> Task => new(this, core.Version);

    /// <summary>The stored form of the envelope of the message at this place of <see cref="SpoolOperation.Accept"/>.</summary>
    public ReadOnlySpan<byte> Envelope(int index) => EnvelopeOctets(index).Span;

    /// <summary>As <see cref="Envelope"/>; good until the request has ended.</summary>
    public ReadOnlyMemory<byte> EnvelopeOctets(int index)
    {
        var start = index == 0 ? 0 : ends[index - 1];
        return encoded.WrittenMemory[start..ends[index]];
    }

    internal void Fill(SpoolOperation operation)
    {
        Operation = operation;
        // Nobody hears that something is stored because nobody said how it ended.
        Result = new CommitResult(CommitStatus.Unwritable, []);
        Weight = 0;
        encoded.Reset();
        ends.Clear();
        foreach (var message in operation.Accept)
        {
            EnvelopeCodec.Write(message.Envelope, encoded);
            ends.Add(encoded.Length);
            if (message.Content.IsInline) Weight += message.Content.Length;
        }
    }

    internal void Complete(CommitResult result) => core.SetResult(result);

    internal void Fail(Exception fault) => core.SetException(fault);

    CommitResult IValueTaskSource<CommitResult>.GetResult(short token)
    {
        try
        {
            return core.GetResult(token);
        }
        finally
        {
            Operation = null!;
            Result = default;
            core.Reset();
            giveBack(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<CommitResult>.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource<CommitResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}
