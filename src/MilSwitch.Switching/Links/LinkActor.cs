using System.Collections.Immutable;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Switching.Links;

/// <summary>
/// Owns one link of this node: what waits for it, its connections, its breaker. Two queues by precedence: <em>waiting</em>
/// knows ids only; <em>ready</em> holds a window of messages that are loaded and armed in the store ahead of need, so that a
/// connection never waits for a commit. Urgent messages pass the window at once.
/// </summary>
internal sealed partial class LinkActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ResolveAgainAfter = TimeSpan.FromSeconds(60);
    private const int MaximumOpening = 16;

    private readonly SwitchRuntime runtime;
    private readonly LinkGauge gauge;
    private readonly ILogger logger;
    private readonly LinkLoader loader;
    private readonly LinkPressure pressure = new();
    private readonly Dictionary<IActorRef, Slot> slots = [];
    private readonly Stack<Slot> idle = new();
    private readonly LinkScheduler<Consignment> waiting;
    private readonly LinkScheduler<Consignment> ready;
    private readonly PriorityQueue<Consignment, long> deferred = new();
    private readonly List<Consignment> parked = [];
    private LinkSettings settings;
    private ConnectionBudget budget;
    private LinkBreaker breaker = LinkBreaker.Initial;
    private Precedence? gate = Precedence.Deferred;
    private int readying;
    private int urgentReadying;
    private int busy;
    private int opening;
    private ImmutableArray<HopTarget> targets = [];
    private Reply? unroutable;
    private DateTimeOffset resolvedAt = DateTimeOffset.MinValue;
    private bool resolving;
    private IActorRef? drainAsker;
    private long delivered;
    private long failed;
    private long suspected;
    private string lastReply = "";
    private string lastFault = "";
    private string? tls;

    public LinkActor(SwitchRuntime runtime, LinkSettings settings, LinkGauge gauge)
    {
        this.runtime = runtime;
        this.settings = settings;
        this.gauge = gauge;
        logger = runtime.Loggers.CreateLogger<LinkActor>();
        loader = new LinkLoader(runtime);
        waiting = new LinkScheduler<Consignment>(runtime.Configuration.Precedences);
        ready = new LinkScheduler<Consignment>(runtime.Configuration.Precedences);
        budget = ConnectionBudget.For(settings.Connections);
        targets = settings.Targets;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private int Window => Math.Max(4, 2 * settings.Connections);

    private bool IsUp => breaker.Phase == BreakerPhase.Closed && drainAsker is null;

    public static Props Props(SwitchRuntime runtime, LinkSettings settings, LinkGauge gauge) =>
        Akka.Actor.Props.Create(typeof(LinkActor), runtime, settings, gauge);

    protected override void PreStart()
    {
        Reconsider();
        Timers.StartPeriodicTimer("tick", Tick.Instance, TickInterval);
        gauge.Set(true, Window);
    }

    // A delivery that crashes loses its connection, never its message: what it carried comes back through Terminated.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LinkCommands.Enqueue enqueue:
                Add(enqueue.Consignment);
                break;
            case LinkEvents.Transmitted transmitted:
                OnTransmitted(transmitted);
                break;
            case LinkEvents.Readied readied:
                OnReadied(readied);
                break;
            case LinkEvents.Opened opened:
                OnOpened(opened);
                break;
            case LinkEvents.OpenFailed openFailed:
                OnOpenFailed(openFailed);
                break;
            case LinkEvents.Resolved resolved:
                OnResolved(resolved);
                break;
            case Tick:
                OnTick();
                break;
            case LinkCommands.Reconsider:
                Reconsider();
                break;
            case LinkCommands.Apply apply:
                Apply(apply.Settings);
                break;
            case LinkCommands.TryNow:
                breaker = breaker.TryNow(runtime.Now);
                resolvedAt = DateTimeOffset.MinValue;
                unroutable = null;
                Sender.Tell(true);
                break;
            case LinkCommands.GetStatus:
                Sender.Tell(Status());
                return;
            case LinkCommands.Drain:
                drainAsker = Sender;
                Drain();
                break;
            case LinkEvents.Disarmed:
                drainAsker?.Tell(new LinkEvents.Drained());
                return;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            default:
                Unhandled(message);
                return;
        }

        Pump();
        Announce();
    }

    private bool announcedUp = true;

    private void Announce()
    {
        var up = breaker.Phase == BreakerPhase.Closed;
        if (up == announcedUp) return;
        announcedUp = up;
        runtime.Events.Publish(new SwitchEvent(runtime.Now, up ? "link.up" : "link.down") { Subject = settings.Name.Value, Detail = up ? "" : lastFault });
    }

    private void Add(Consignment consignment)
    {
        if (consignment.IsWithdrawn) return;
        if (consignment.Loaded is not null) ready.Add(consignment.Precedence, consignment.Sequence, consignment);
        else if (consignment.Due is { } due && due > runtime.Now) deferred.Enqueue(consignment, due.UtcTicks);
        else
        {
            waiting.Add(consignment.Precedence, consignment.Sequence, consignment);
            // A probe for an urgent message need not wait out a long pause.
            if (consignment.Precedence.IsUrgent() && breaker.Phase == BreakerPhase.Open)
                breaker = breaker.NoLaterThan(runtime.Now + runtime.Configuration.Precedences[consignment.Precedence].RetryAfter(1));
        }
    }

    private void Pump()
    {
        if (drainAsker is not null)
        {
            FinishDrain();
            return;
        }

        // After a start the most urgent of all partitions goes first, not the first of those that happened to load first.
        if (!runtime.Partitions.Settled) return;
        if (unroutable is not null) GiveUpUnroutable();
        FillReady();
        Dispatch();
        PublishGauge();
    }

    private void FillReady()
    {
        if (gate is not { } lowest || breaker.Phase != BreakerPhase.Closed || unroutable is not null) return;
        while (true)
        {
            if (!waiting.TryPeekHighest(out var highest) || highest < lowest) return;
            // The urgent levels pass the window: they never wait for room that lower mail has taken.
            if (ready.Count + readying + busy >= Window + budget.Limit && !highest.IsUrgent()) return;
            if (!waiting.TryTake(highest.IsUrgent() ? highest : lowest, out var consignment, out _)) return;
            StartReadying(consignment);
        }
    }

    private void StartReadying(Consignment consignment)
    {
        if (!consignment.TryTake()) return;
        readying++;
        if (consignment.Precedence.IsUrgent()) urgentReadying++;
        if (!consignment.Reserved)
        {
            consignment.Reserved = true;
            gauge.Take();
        }

        loader.ReadyAsync(consignment, settings.Name).PipeTo(Self, success: outcome => outcome);
    }

    private void OnReadied(LinkEvents.Readied readied)
    {
        readying--;
        var consignment = readied.Consignment;
        if (consignment.Precedence.IsUrgent()) urgentReadying--;
        switch (readied.Outcome)
        {
            case ReadyOutcome.Ready when unroutable is { } fault:
                Release(consignment);
                consignment.Partition.Tell(new AttemptEnded(consignment, readied.Loaded!, HopAnswer.ForAll(consignment.Recipients.Length, fault)));
                break;
            case ReadyOutcome.Ready:
                consignment.Loaded = readied.Loaded;
                // Until it is sent, an operator or its deadline may still withdraw it.
                consignment.PutBack();
                ready.Add(consignment.Precedence, consignment.Sequence, consignment);
                break;
            case ReadyOutcome.Waits:
                Release(consignment);
                consignment.PutBack();
                parked.Add(consignment);
                break;
            case ReadyOutcome.StoreAway:
                Release(consignment);
                consignment.PutBack();
                deferred.Enqueue(consignment, (runtime.Now + TimeSpan.FromSeconds(1)).UtcTicks);
                break;
            default:
                Release(consignment);
                break;
        }
    }

    private void Release(Consignment consignment)
    {
        if (!consignment.Reserved) return;
        consignment.Reserved = false;
        gauge.Release();
    }

    private void Dispatch()
    {
        pressure.Waiting = null;
        if (gate is not { } lowest) return;
        while (ready.Count > 0)
        {
            if (budget.LowestAllowed(busy + opening) is not { } allowed || !HasConnectionFor())
            {
                NotePressure();
                return;
            }

            // On a link that can't reserve a connection the next transaction is the urgent message's, even if it is still
            // being armed: that takes one commit.
            if (urgentReadying > 0 && budget.ReservedForUrgent is 0 && ready.TryPeekHighest(out var highest) && !highest.IsUrgent()) return;
            if (!ready.TryTake(allowed > lowest ? allowed : lowest, out var consignment, out _)) return;
            if (consignment.IsWithdrawn) Discard(consignment);
            else if (idle.TryPop(out var slot)) Send(slot, consignment);
            else
            {
                // It stays ready; the connection that is being opened takes whatever is most urgent by then.
                ready.Add(consignment.Precedence, consignment.Sequence, consignment);
                if (!Open()) return;
                if (opening >= Math.Min(ready.Count, MaximumOpening)) return;
            }
        }
    }

    private bool HasConnectionFor() => idle.Count > 0 || slots.Count < settings.Connections;

    // What the running transactions ask between chunks: is somebody more urgent waiting for a connection?
    private void NotePressure()
    {
        if (!ready.TryPeekHighest(out var highest) || !highest.IsUrgent()) return;
        var alarm = runtime.Configuration.Precedences[highest].Alarm ?? TimeSpan.FromMinutes(8);
        pressure.Waiting = new WaitingTransfer(highest, 32 << 10, runtime.Now + (alarm / 4));
    }

    private void Send(Slot slot, Consignment consignment)
    {
        if (!consignment.TryTake())
        {
            Discard(consignment);
            idle.Push(slot);
            return;
        }

        busy++;
        slot.Consignment = consignment;
        slot.Delivery.Tell(new DeliveryCommands.Send(consignment, consignment.Loaded!));
    }

    private void Discard(Consignment consignment)
    {
        Release(consignment);
        consignment.Loaded?.Release();
        consignment.Loaded = null;
    }

    private bool Open()
    {
        if (settings.MxDomain is not null && targets.IsEmpty)
        {
            Resolve();
            return false;
        }

        var (allowed, next) = breaker.TryConnect(runtime.Now);
        breaker = next;
        if (!allowed || slots.Count >= settings.Connections) return false;
        var delivery = Context.ActorOf(DeliveryActor.Props(runtime, pressure));
        Context.Watch(delivery);
        slots[delivery] = new Slot(delivery) { OpenedAt = runtime.Now };
        opening++;
        delivery.Tell(new DeliveryCommands.Connect(targets, settings));
        return true;
    }

    private void OnOpened(LinkEvents.Opened opened)
    {
        if (!slots.TryGetValue(opened.Delivery, out var slot)) return;
        opening--;
        slot.Target = opened.Target;
        slot.Open = true;
        slot.IdleSince = runtime.Now;
        tls = opened.Tls;
        // RFC 6710 §9.2: other policies give the same number another meaning. Numbers are relayed as they are all the same.
        if (opened.PriorityPolicy is { } policy && !policy.Equals(MtPriority.PolicyName, StringComparison.OrdinalIgnoreCase))
            LogOtherPolicy(settings.Name, opened.Target, policy, MtPriority.PolicyName);
        if (breaker.Phase != BreakerPhase.Closed) LogUp(settings.Name);
        breaker = breaker.Connected();
        idle.Push(slot);
    }

    private void OnOpenFailed(LinkEvents.OpenFailed failure)
    {
        if (!slots.Remove(failure.Delivery)) return;
        Context.Unwatch(failure.Delivery);
        Context.Stop(failure.Delivery);
        opening--;
        lastFault = failure.Reason;
        var before = breaker.Phase;
        breaker = breaker.Failed(runtime.Now, failure.Reason, slots.Values.Any(s => s.Open));
        if (ready.TryPeekHighest(out var highest) && highest.IsUrgent())
            breaker = breaker.NoLaterThan(runtime.Now + runtime.Configuration.Precedences[highest].RetryAfter(breaker.Failures));
        if (settings.MxDomain is not null) resolvedAt = DateTimeOffset.MinValue;
        if (before == BreakerPhase.Closed && breaker.Phase == BreakerPhase.Open) LogDown(settings.Name, failure.Reason);
    }

    private void OnTransmitted(LinkEvents.Transmitted transmitted)
    {
        var consignment = transmitted.Consignment;
        var result = transmitted.Result;
        if (slots.TryGetValue(transmitted.Delivery, out var slot) && slot.Consignment is not null)
        {
            busy--;
            slot.Consignment = null;
            slot.Sent++;
            slot.IdleSince = runtime.Now;
            if (result.Reusable && slot.Sent < settings.MessagesPerConnection && drainAsker is null) idle.Push(slot);
            else Close(slot);
            if (transmitted.DiedIdle) CloseAllIdle(slot);
        }

        Release(consignment);
        if (result.End is TransactionEnd.GaveWay) runtime.Meters.CountPreempted();
        else if (result.End is not TransactionEnd.Answered) lastFault = result.Fault;
        if (result.End is not TransactionEnd.Answered && !transmitted.Answers.Any(a => a.Reply.IsPositive)) return;
        foreach (var answer in transmitted.Answers)
        {
            if (!answer.Reply.IsPositive) failed++;
            else
            {
                delivered++;
                if (consignment.Suspect) suspected++;
            }
        }

        if (transmitted.Answers.Length > 0) lastReply = transmitted.Answers[^1].Reply.ToString();
    }

    private void Close(Slot slot)
    {
        slots.Remove(slot.Delivery);
        Context.Unwatch(slot.Delivery);
        slot.Delivery.Tell(new DeliveryCommands.Quit());
    }

    private void OnTerminated(IActorRef delivery)
    {
        if (!slots.Remove(delivery, out var slot)) return;
        if (!slot.Open) opening--;
        if (slot.Consignment is not { } consignment) return;
        busy--;
        Release(consignment);
        LogDeliveryDied(settings.Name, consignment.Id.ToString());
        // Nobody knows how far it came: it is sent again, marked.
        consignment.Partition.Tell(new AttemptEnded(
            consignment, consignment.Loaded!,
            HopAnswer.ForAll(consignment.Recipients.Length, OutcomePolicy.NoAnswerBecause("internal fault"), new HopOutcome(PossiblySent: true), slot.Target)));
    }

    private void OnTick()
    {
        var now = runtime.Now;
        while (deferred.TryPeek(out var consignment, out var due) && due <= now.UtcTicks)
        {
            deferred.Dequeue();
            consignment.Due = null;
            Add(consignment);
        }

        Reconsider();
        CloseIdle(now);
        if (breaker.Phase == BreakerPhase.Open && now >= breaker.RetryAt && (waiting.Count > 0 || ready.Count > 0)) Open();
        if (settings.MxDomain is not null && now - resolvedAt > ResolveAgainAfter && (waiting.Count > 0 || ready.Count > 0)) Resolve();
        if (runtime.Links.Find(settings.Name) is { } handle) handle.Status = Status();
    }

    // What ended one idle connection (a restart of the hop, a firewall that forgets) most often ended those beside it.
    // Which of them live is not worth finding out one message at a time: opening is cheap, and a goodbye harms nobody.
    private void CloseAllIdle(Slot dead)
    {
        var keep = idle.Reverse().ToArray();
        idle.Clear();
        foreach (var slot in keep)
        {
            if (slot.Target == dead.Target) Close(slot);
            else idle.Push(slot);
        }
    }

    private void CloseIdle(DateTimeOffset now)
    {
        if (idle.Count is 0) return;
        var keep = idle.Reverse().ToArray();
        idle.Clear();
        foreach (var slot in keep)
        {
            if (now - slot.IdleSince > settings.IdleTimeout) Close(slot);
            else idle.Push(slot);
        }
    }

    // Rules may have come, gone or ended by themselves.
    private void Reconsider()
    {
        var rules = runtime.Rules;
        gate = rules.LowestOn(settings.Name, runtime.Now);
        if (parked.Count is 0) return;
        if (ReferenceEquals(rules, parkedUnder) && (rules.NextExpiry(parkedAt) is not { } expiry || expiry > runtime.Now)) return;
        parkedUnder = rules;
        parkedAt = runtime.Now;
        foreach (var consignment in parked) Add(consignment);
        parked.Clear();
    }

    private RuleBook? parkedUnder;
    private DateTimeOffset parkedAt;

    private void Apply(LinkSettings next)
    {
        var moved = next.MxDomain != settings.MxDomain || !next.Targets.SequenceEqual(settings.Targets) || next.Tls != settings.Tls;
        settings = next;
        budget = ConnectionBudget.For(next.Connections);
        waiting.Apply(runtime.Configuration.Precedences);
        ready.Apply(runtime.Configuration.Precedences);
        if (!moved) return;
        targets = next.Targets;
        resolvedAt = DateTimeOffset.MinValue;
        foreach (var slot in idle) Close(slot);
        idle.Clear();
    }

    private void Resolve()
    {
        if (resolving || settings.MxDomain is null) return;
        resolving = true;
        runtime.Resolver.ResolveAsync(settings.MxDomain, settings.MxPort, CancellationToken.None).AsTask().PipeTo(
            Self, success: exchangers => new LinkEvents.Resolved(exchangers),
            failure: cause => new LinkEvents.Resolved(new MailExchangers([], new Reply(0, null, cause.Message), Temporary: true)));
    }

    private void OnResolved(LinkEvents.Resolved resolved)
    {
        resolving = false;
        resolvedAt = runtime.Now;
        var exchangers = resolved.Exchangers;
        var own = exchangers.Targets.FirstOrDefault(t => runtime.Configuration.Routes.IsOwnName(t.Host));
        if (own is not null)
        {
            // RFC 5321 §5.1: hosts at our own preference and beyond are not to be used; none left means a loop.
            var before = exchangers.Targets.Where(t => t.Preference < own.Preference).ToImmutableArray();
            exchangers = before.IsEmpty
                ? new MailExchangers([], new Reply(554, new EnhancedStatusCode(5, 4, 6), "mail for this domain loops back to this switch"), Temporary: false)
                : exchangers with { Targets = before };
        }

        if (!exchangers.Targets.IsEmpty)
        {
            targets = exchangers.Targets;
            unroutable = null;
            return;
        }

        lastFault = exchangers.Fault?.ToString() ?? "no mail exchanger";
        if (exchangers is { Temporary: false, Fault: { } fault }) unroutable = fault;
        else if (targets.IsEmpty) breaker = breaker.Failed(runtime.Now, lastFault, othersConnected: false);
    }

    // The domain does not exist: each message gets its answer, one window at a time.
    private void GiveUpUnroutable()
    {
        foreach (var consignment in ready.Drain())
        {
            Release(consignment);
            if (consignment.TryTake())
                consignment.Partition.Tell(new AttemptEnded(consignment, consignment.Loaded!, HopAnswer.ForAll(consignment.Recipients.Length, unroutable!)));
            else Discard(consignment);
        }

        while (readying < Window && waiting.TryTake(Precedence.Deferred, out var consignment, out _)) StartReadying(consignment);
        if (runtime.Now - resolvedAt > ResolveAgainAfter) unroutable = null;
    }

    private void PublishGauge()
    {
        gauge.Set(IsUp && gate == Precedence.Deferred && unroutable is null && (settings.MxDomain is null || !targets.IsEmpty), Window);
        for (var level = Precedence.Deferred; level <= Precedence.Override; level++) gauge.SetWaiting(level, waiting.CountAt(level));
    }

    private void Drain()
    {
        gauge.Set(false, 0);
        while (idle.TryPop(out var slot)) Close(slot);
        foreach (var slot in slots.Values.Where(s => !s.Open).ToArray())
        {
            slots.Remove(slot.Delivery);
            Context.Unwatch(slot.Delivery);
            Context.Stop(slot.Delivery);
            opening--;
        }
    }

    private void FinishDrain()
    {
        if (busy > 0 || readying > 0 || disarming) return;
        disarming = true;
        // What was armed ahead and never sent is no suspect: say so, or it would be marked after the restart.
        loader.DisarmAsync([.. ready.Drain().Where(c => c.TryTake())]).PipeTo(Self, success: () => new LinkEvents.Disarmed(), failure: _ => new LinkEvents.Disarmed());
    }

    private bool disarming;

    private LinkStatus Status() => new()
    {
        Name = settings.Name,
        Breaker = breaker.Phase,
        NextTry = breaker.Phase == BreakerPhase.Open ? breaker.RetryAt : null,
        LastFault = lastFault,
        LastReply = lastReply,
        Tls = tls,
        Connections = slots.Count,
        ConnectionLimit = settings.Connections,
        Busy = busy,
        Waiting = [.. Enumerable.Range(0, PrecedenceExtensions.Count).Select(p => waiting.CountAt((Precedence)p) + ready.CountAt((Precedence)p))],
        Deferred = deferred.Count + parked.Count,
        Delivered = delivered,
        Failed = failed,
        Suspected = suspected,
        Targets = [.. targets.Select(t => t.ToString())],
        Rules = runtime.Rules.NamesOn(settings.Name, runtime.Now),
    };

    [LoggerMessage(3101, LogLevel.Warning, "Link {Link} is down: {Reason}")]
    private partial void LogDown(LinkName link, string reason);

    [LoggerMessage(3102, LogLevel.Information, "Link {Link} is up again")]
    private partial void LogUp(LinkName link);

    [LoggerMessage(3104, LogLevel.Warning, "Link {Link}: {Target} follows the priority policy {Policy} and not {Own}; values are relayed as they are")]
    private partial void LogOtherPolicy(LinkName link, string target, string policy, string own);

    [LoggerMessage(3103, LogLevel.Error, "A delivery over {Link} failed inside the switch while it carried {MessageId}")]
    private partial void LogDeliveryDied(LinkName link, string messageId);

    private sealed record Tick : ILocalMessage
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>A connection, or one that is being opened.</summary>
    private sealed class Slot(IActorRef delivery)
    {
        public IActorRef Delivery { get; } = delivery;
        public string? Target { get; set; }
        public bool Open { get; set; }
        public int Sent { get; set; }
        public Consignment? Consignment { get; set; }
        public DateTimeOffset OpenedAt { get; init; }
        public DateTimeOffset IdleSince { get; set; }
    }
}
