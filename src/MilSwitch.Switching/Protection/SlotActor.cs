using Akka.Actor;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Protection;

/// <summary>
/// Watches one token: tells those who watch, the audit trail and the links when it is lost and when it works again. The
/// queue of its work and the threads that do it belong to the token's own side; this one owns nothing but what it saw last.
/// </summary>
internal sealed partial class SlotActor : UntypedActor, IWithTimers
{
    private const int MostUnrecorded = 100;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    private readonly SwitchRuntime runtime;
    private readonly ITokenMonitor monitor;
    private readonly int slot;
    private readonly ILogger logger;
    private readonly Queue<(DateTimeOffset At, AuditKind Kind, string Detail)> unrecorded = new();
    private TokenStatus seen;
    private bool recording;

    public SlotActor(SwitchRuntime runtime, ITokenMonitor monitor, int slot)
    {
        this.runtime = runtime;
        this.monitor = monitor;
        this.slot = slot;
        logger = runtime.Loggers.CreateLogger<SlotActor>();
        seen = monitor.Tokens[slot] with { State = TokenCondition.Starting, Reason = "" };
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(SwitchRuntime runtime, ITokenMonitor monitor, int slot) => Akka.Actor.Props.Create(typeof(SlotActor), runtime, monitor, slot);

    protected override void PreStart() => Timers.StartPeriodicTimer("look", Look.Instance, TimeSpan.Zero, LookInterval);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Look:
                OnLook(monitor.Tokens[slot]);
                break;
            case Recorded recorded:
                recording = false;
                if (recorded.Done) unrecorded.Dequeue();
                break;
            default:
                Unhandled(message);
                return;
        }

        Record();
    }

    private void OnLook(TokenStatus now)
    {
        var before = seen;
        seen = now;
        // Also when it was lost and found between two looks: what failed meanwhile waits all the same.
        if (now.State == TokenCondition.Working && (before.State != now.State || before.Since != now.Since)) WakeLinks();
        if (now.State == before.State)
        {
            if (now.State != TokenCondition.Working || now.Since == before.Since) return;
            before = before with { State = TokenCondition.Lost };
            Tell("token.lost", AuditKind.TokenLost, "for a moment");
        }

        switch (now.State)
        {
            case TokenCondition.Working:
                LogWorks(now.Name);
                // That it works from the start is no news.
                if (before.State != TokenCondition.Starting) Tell("token.working", AuditKind.TokenWorking, now.Reason);
                break;
            case TokenCondition.Lost or TokenCondition.Refused:
                LogLost(now.Name, now.Reason);
                Tell("token.lost", AuditKind.TokenLost, now.Reason);
                break;
        }

        void Tell(string type, AuditKind kind, string reason)
        {
            var at = runtime.Now;
            runtime.Events.Publish(new SwitchEvent(at, type) { Subject = now.Name, Detail = reason });
            if (unrecorded.Count == MostUnrecorded) unrecorded.Dequeue();
            unrecorded.Enqueue((at, kind, reason.Length is 0 ? now.Name : $"{now.Name}: {reason}"));
        }
    }

    // Before the partitions are loaded, and while the store is away, nothing can be recorded: it is tried at every look.
    private void Record()
    {
        if (recording || !unrecorded.TryPeek(out var line)) return;
        recording = true;
        RecordAsync(line.Kind, line.Detail, line.At).PipeTo(Self, success: done => new Recorded(done));
    }

    private async Task<bool> RecordAsync(AuditKind kind, string detail, DateTimeOffset at)
    {
        try
        {
            await runtime.RecordAsync(kind, detail, null, CancellationToken.None, at).ConfigureAwait(false);
            return true;
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void WakeLinks()
    {
        foreach (var link in runtime.Links.All) link.Actor.Tell(LinkCommands.TryKeys.Instance);
    }

    [LoggerMessage(3404, LogLevel.Error, "The token {Token} is lost: {Reason}")]
    private partial void LogLost(string token, string reason);

    [LoggerMessage(3405, LogLevel.Information, "The token {Token} works")]
    private partial void LogWorks(string token);

    private sealed record Look : ILocalMessage
    {
        public static readonly Look Instance = new();
    }

    private sealed record Recorded(bool Done) : ILocalMessage;
}
