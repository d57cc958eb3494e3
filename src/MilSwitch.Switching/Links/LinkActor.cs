using System.Collections.Immutable;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;
using MilSwitch.Switching.Cluster;

namespace MilSwitch.Switching.Links;

/// <summary>
/// Owns one link of this node: what waits for it, and its connections, about which <see cref="LinkConnections{TConnection, TLoad}"/>
/// decides. Two queues by precedence: <em>waiting</em> knows ids only; <em>ready</em> holds a window of messages that are loaded
/// and armed in the store ahead of need, so that a connection never waits for a commit. Urgent messages pass the window at once.
/// </summary>
internal sealed partial class LinkActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StoreInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ResolveAgainAfter = TimeSpan.FromSeconds(60);

    /// <summary>Protected content lives in memory until it is sent: no more of it is made ahead than this and one message.</summary>
    private const long MostProtectedOctets = 32L << 20;

    private static readonly Reply KeyAway = new(451, new EnhancedStatusCode(4, 3, 0), "the message can't be protected now");

    private readonly SwitchRuntime runtime;
    private readonly LinkGauge gauge;
    private readonly ILogger logger;
    private readonly LinkLoader loader;
    private readonly LinkPressure pressure = new();
    private readonly LinkConnections<IActorRef, Consignment> connections;
    private readonly LinkScheduler<Consignment> waiting;
    private readonly LinkScheduler<Consignment> ready;
    private readonly PriorityQueue<Consignment, long> deferred = new();
    private readonly List<Consignment> parked = [];
    private readonly Keyless keyless = new();
    private readonly Task[] readied = [.. Enumerable.Repeat(Task.CompletedTask, PrecedenceExtensions.Count)];
    private readonly LinkTurn? turn;

    /// <summary>As the configuration has it: for all nodes together.</summary>
    private LinkSettings configured;

    /// <summary>With this node's share of the connections.</summary>
    private LinkSettings settings;
    private bool announcedUp = true;
    private Precedence? gate = Precedence.Deferred;
    private int readying;
    private int urgentReadying;
    private long protectedOctets;
    private ImmutableArray<HopTarget> targets = [];
    private Reply? unroutable;
    private DateTimeOffset resolvedAt = DateTimeOffset.MinValue;
    private bool resolving;
    private RuleBook? parkedUnder;
    private DateTimeOffset parkedAt;
    private IActorRef? drainAsker;
    private bool disarming;
    private long delivered;
    private long failed;
    private long suspected;
    private readonly Queue<LinkOutcome> outcomes = new(LinkOutcome.Kept);
    private string lastReply = "";
    private string lastFault = "";
    private string? tls;

    public LinkActor(SwitchRuntime runtime, LinkSettings settings, LinkGauge gauge)
    {
        this.runtime = runtime;
        configured = settings;
        this.gauge = gauge;
        turn = runtime.ClusterStore is { } store ? new LinkTurn(store, settings.Name, runtime.Identity.ToString(), runtime.Time) : null;
        this.settings = settings with { Connections = ShareOf(settings) };
        if (turn is not null) pressure.MaySend = () => !IsInTurns || turn.MaySend;
        logger = runtime.Loggers.CreateLogger<LinkActor>();
        loader = new LinkLoader(runtime);
        waiting = new LinkScheduler<Consignment>(runtime.Configuration.Precedences);
        ready = new LinkScheduler<Consignment>(runtime.Configuration.Precedences);
        connections = new LinkConnections<IActorRef, Consignment>(this.settings);
        targets = settings.Targets;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private int Window => Math.Max(4, 2 * settings.Connections);

    private bool IsUp => connections.Breaker.Phase == BreakerPhase.Closed;

    public static Props Props(SwitchRuntime runtime, LinkSettings settings, LinkGauge gauge) =>
        Akka.Actor.Props.Create(typeof(LinkActor), runtime, settings, gauge);

    protected override void PreStart()
    {
        Reconsider();
        Timers.StartPeriodicTimer("tick", Tick.Instance, TickInterval);
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
            case LinkEvents.Readied ended:
                OnReadied(ended);
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
            case LinkCommands.Share:
                ShareAgain();
                break;
            case LinkCommands.TryNow:
                connections.TryNow(runtime.Now);
                resolvedAt = DateTimeOffset.MinValue;
                unroutable = null;
                Sender.Tell(true);
                break;
            case LinkCommands.TryKeys:
                OnTryKeys();
                break;
            case LinkCommands.GetStatus asked:
                Sender.Tell(Status(asked.Whole));
                return;
            case LinkCommands.Drain:
                drainAsker = Sender;
                gauge.Set(false, 0);
                Close(connections.Close());
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

    private void Announce()
    {
        if (IsUp == announcedUp) return;
        announcedUp = IsUp;
        if (IsUp) LogUp(settings.Name);
        else LogDown(settings.Name, lastFault);
        runtime.Events.Publish(new SwitchEvent(runtime.Now, IsUp ? "link.up" : "link.down") { Subject = settings.Name.Value, Detail = IsUp ? "" : lastFault });
    }

    private void Add(Consignment consignment)
    {
        if (consignment.IsWithdrawn) return;
        if (consignment.Loaded is not null) ready.Add(consignment.Precedence, consignment.Sequence, consignment);
        else if (consignment.Due is { } due && due > runtime.Now && !keyless.MayGo(consignment.Id)) deferred.Enqueue(consignment, due.UtcTicks);
        else
        {
            waiting.Add(consignment.Precedence, consignment.Sequence, consignment);
            // A probe for an urgent message need not wait out a long pause.
            if (consignment.Precedence.IsUrgent() && !IsUp)
                connections.ProbeNoLaterThan(runtime.Now + runtime.Configuration.Precedences[consignment.Precedence].RetryAfter(1));
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
        var live = connections.IsLive(runtime.Now);
        FillReady(live);
        Dispatch();
        PublishGauge(live);
    }

    private void FillReady(bool live)
    {
        if (gate is not { } lowest || unroutable is not null || settings.Connections is 0) return;
        while (true)
        {
            if (!waiting.TryPeekHighest(out var highest) || highest < lowest) return;
            if (!live)
            {
                // Nothing is armed for a hop of which nobody knows that it is there; a connection finds out.
                if (!connections.OpensEnoughFor(1)) Open();
                return;
            }

            // The urgent levels pass the window: they never wait for room that lower mail has taken.
            if (ready.Count + readying + connections.Busy >= Window + settings.Connections && !highest.IsUrgent()) return;
            if (protectedOctets >= MostProtectedOctets && !highest.IsUrgent()) return;
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

        if (settings.Protection is not null || settings.Labels is { Writes: true })
        {
            consignment.Protected = consignment.Size;
            protectedOctets += consignment.Size;
        }

        ref var last = ref readied[(int)consignment.Precedence];
        last = TellInOrderAsync(last, loader.ReadyAsync(consignment, settings), Self);
    }

    // They are loaded side by side, and told in the order in which they waited: the order within a level is kept.
    private static async Task TellInOrderAsync(Task before, Task<LinkEvents.Readied> load, IActorRef self)
    {
        var outcome = await load.ConfigureAwait(false);
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        self.Tell(outcome);
    }

    private void OnReadied(LinkEvents.Readied ended)
    {
        readying--;
        var consignment = ended.Consignment;
        if (consignment.Precedence.IsUrgent()) urgentReadying--;
        switch (ended.Outcome)
        {
            case ReadyOutcome.Ready when unroutable is { } fault:
                Release(consignment);
                consignment.Partition.Tell(new AttemptEnded(consignment, ended.Loaded!, HopAnswer.ForAll(consignment.Recipients.Length, fault)));
                break;
            case ReadyOutcome.KeyAway:
                Release(consignment);
                lastFault = ended.Reason;
                keyless.Add(consignment.Id);
                consignment.Partition.Tell(new AttemptEnded(
                    consignment, ended.Loaded!, [.. HopAnswer.ForAll(consignment.Recipients.Length, KeyAway).Select(a => a with { Cause = ended.Reason })]));
                break;
            case ReadyOutcome.Ready:
                keyless.Forget(consignment.Id);
                consignment.Loaded = ended.Loaded;
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
            case ReadyOutcome.Outdated:
                // With the next tick: the newer ones are being read.
                Release(consignment);
                consignment.PutBack();
                deferred.Enqueue(consignment, runtime.Now.UtcTicks);
                break;
            default:
                Release(consignment);
                break;
        }
    }

    private void Release(Consignment consignment)
    {
        protectedOctets -= consignment.Protected;
        consignment.Protected = 0;
        if (!consignment.Reserved) return;
        consignment.Reserved = false;
        gauge.Release();
    }

    private void Dispatch()
    {
        pressure.Waiting = null;
        if (gate is not { } lowest) return;
        if (ready.Count > 0 && !runtime.MayBegin)
        {
            // A window of what was armed ahead would leave that nobody could record.
            Timers.StartSingleTimer("store", new LinkCommands.Reconsider(), StoreInterval);
            return;
        }

        while (ready.Count > 0)
        {
            if (connections.LowestAllowed is not { } allowed)
            {
                // What the running transactions ask between chunks: is somebody more urgent waiting for a connection?
                if (ready.TryPeekHighest(out var waits)) pressure.Waiting = Preemption.Pressure(waits, runtime.Configuration.Precedences, runtime.Now);
                return;
            }

            // On a link that can't reserve a connection the next transaction is the urgent message's, even if it is still
            // being armed: that takes one commit.
            if (urgentReadying > 0 && connections.Budget.ReservedForUrgent is 0 && ready.TryPeekHighest(out var highest) && !highest.IsUrgent()) return;
            if (!ready.TryTake(allowed > lowest ? allowed : lowest, out var consignment, out _)) return;
            if (consignment.IsWithdrawn) Discard(consignment);
            else if (consignment.Loaded!.Protection != settings.Protection || consignment.Loaded.Labels != settings.Labels)
            {
                // Made ready under another configuration: nothing leaves as that had it.
                Discard(consignment);
                Add(consignment);
            }
            else if (!connections.HasIdle)
            {
                // It stays ready; the connection that is being opened takes whatever is most urgent by then.
                ready.Add(consignment.Precedence, consignment.Sequence, consignment);
                if (connections.OpensEnoughFor(ready.Count) || !Open()) return;
            }
            else if (consignment.TryTake()) connections.Use(consignment).Tell(new DeliveryCommands.Send(consignment, consignment.Loaded!));
            else Discard(consignment);
        }
    }

    private void Discard(Consignment consignment)
    {
        Release(consignment);
        consignment.Loaded?.Release();
        consignment.Loaded = null;
    }

    private bool Open()
    {
        if (!connections.MayOpen(runtime.Now)) return false;
        if (settings.MxDomain is not null && targets.IsEmpty)
        {
            Resolve();
            return false;
        }

        var delivery = Context.ActorOf(DeliveryActor.Props(runtime, pressure));
        Context.Watch(delivery);
        connections.Opening(delivery, runtime.Now);
        delivery.Tell(new DeliveryCommands.Connect(targets, settings));
        return true;
    }

    private void Close(ImmutableArray<IActorRef> deliveries)
    {
        foreach (var delivery in deliveries) Close(delivery);
    }

    private static void Close(IActorRef delivery)
    {
        Context.Unwatch(delivery);
        Context.Stop(delivery);
    }

    private void OnOpened(LinkEvents.Opened opened)
    {
        if (!connections.Opened(opened.Delivery, opened.Target, runtime.Now)) return;
        tls = opened.Tls;
        // RFC 6710 §9.2: other policies give the same number another meaning. Numbers are relayed as they are all the same.
        if (opened.PriorityPolicy is { } policy && !policy.Equals(MtPriority.PolicyName, StringComparison.OrdinalIgnoreCase))
            LogOtherPolicy(settings.Name, opened.Target, policy, MtPriority.PolicyName);
    }

    private void OnOpenFailed(LinkEvents.OpenFailed failure)
    {
        if (!connections.OpenFailed(failure.Delivery, failure.Reason, runtime.Now)) return;
        Close(failure.Delivery);
        lastFault = failure.Reason;
        ready.TryPeekHighest(out var armed);
        waiting.TryPeekHighest(out var unarmed);
        var highest = armed > unarmed ? armed : unarmed;
        if (highest.IsUrgent())
            connections.ProbeNoLaterThan(runtime.Now + runtime.Configuration.Precedences[highest].RetryAfter(connections.Breaker.Failures));
        if (settings.MxDomain is not null) resolvedAt = DateTimeOffset.MinValue;
    }

    private void OnTransmitted(LinkEvents.Transmitted transmitted)
    {
        var consignment = transmitted.Consignment;
        var result = transmitted.Result;
        Close(connections.Ended(transmitted.Delivery, result.Reusable, transmitted.DiedIdle, runtime.Now));
        Release(consignment);
        if (result.End is TransactionEnd.GaveWay) runtime.Meters.CountPreempted();
        else if (result.End is not TransactionEnd.Answered) lastFault = result.Fault;
        Remember(consignment, result, transmitted.Answers);
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

    private void Remember(Consignment consignment, TransactionResult result, ImmutableArray<HopAnswer> answers)
    {
        if (result.End is TransactionEnd.GaveWay) return;
        // One that failed says more than those that went well.
        var told = answers.FirstOrDefault(a => !a.Reply.IsPositive) is { Reply: not null } bad ? bad : answers.LastOrDefault();
        if (outcomes.Count == LinkOutcome.Kept) outcomes.Dequeue();
        outcomes.Enqueue(new LinkOutcome(
            runtime.Now, consignment.Id, consignment.Precedence, consignment.Recipients.Length, answers.Count(a => a.Reply.IsPositive), told.Target ?? "",
            told.Reply?.ToString() ?? result.Fault));
    }

    private void OnTerminated(IActorRef delivery)
    {
        if (connections.Died(delivery, runtime.Now) is not ({ } consignment, var target)) return;
        Release(consignment);
        LogDeliveryDied(settings.Name, consignment.Id.ToString());
        // Nobody knows how far it came: it is sent again, marked.
        consignment.Partition.Tell(new AttemptEnded(
            consignment, consignment.Loaded!,
            HopAnswer.ForAll(consignment.Recipients.Length, OutcomePolicy.NoAnswerBecause("internal fault"), new HopOutcome(PossiblySent: true), target)));
    }

    // How many of the link's connections are this node's: with more nodes than connections they have them in turns.
    private int ShareOf(LinkSettings whole)
    {
        if (turn is null) return whole.Connections;
        var share = ConnectionShare.Of(runtime.Cluster);
        var places = whole.Exclusive ? 1 : whole.Connections;
        if (!whole.Exclusive && share.Nodes <= places) return share.Of(whole.Connections);
        turn.Places = places;
        return !turn.MaySend || turn.IsEnding ? 0 : whole.Exclusive ? whole.Connections : 1;
    }

    private bool IsInTurns => turn is not null && (configured.Exclusive || ConnectionShare.Of(runtime.Cluster).Nodes > configured.Connections);

    private void ShareAgain()
    {
        if (IsInTurns)
        {
            var highest = Highest();
            runtime.Wants.Set(configured.Name, turn!.MaySend ? null : highest);
            turn.Act(highest, runtime.Wants.OfOthers(configured.Name), connections.Count)?.PipeTo(Self, success: () => LinkCommands.Share.Instance, failure: _ => LinkCommands.Share.Instance);
        }

        if (ShareOf(configured) is var mine && mine == settings.Connections) return;
        settings = settings with { Connections = mine };
        Close(connections.Apply(settings, runtime.Now));
    }

    private Precedence? Highest()
    {
        Precedence? highest = connections.Busy > 0 || readying > 0 ? Precedence.Deferred : null;
        if (waiting.TryPeekHighest(out var unarmed) && !(highest >= unarmed)) highest = unarmed;
        if (ready.TryPeekHighest(out var armed) && !(highest >= armed)) highest = armed;
        return highest;
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

        if (turn is not null) ShareAgain();
        Reconsider();
        Close(connections.Expired(now));
        if (connections.Breaker.Phase == BreakerPhase.Open && (waiting.Count > 0 || ready.Count > 0)) Open();
        if (settings.MxDomain is not null && now - resolvedAt > ResolveAgainAfter && (waiting.Count > 0 || ready.Count > 0)) Resolve();
        if (runtime.Links.Find(settings.Name) is { } handle) handle.Status = Status(whole: false);
    }

    private void OnTryKeys()
    {
        keyless.LetGo();
        if (keyless.IsEmpty || deferred.Count is 0) return;
        var all = deferred.UnorderedItems.Select(i => i.Element).ToArray();
        deferred.Clear();
        foreach (var consignment in all) Add(consignment);
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

    private void Apply(LinkSettings next)
    {
        var moved = !next.LeadsWhere(settings);
        configured = next;
        settings = next with { Connections = ShareOf(next) };
        Close(connections.Apply(settings, runtime.Now));
        if (next.Protection is null) keyless.LetGo();
        waiting.Apply(runtime.Configuration.Precedences);
        ready.Apply(runtime.Configuration.Precedences);
        if (!moved) return;
        targets = next.Targets;
        resolvedAt = DateTimeOffset.MinValue;
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
        else if (targets.IsEmpty) connections.NotFound(lastFault, runtime.Now);
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

    private void PublishGauge(bool live)
    {
        gauge.Set(live && gate == Precedence.Deferred && unroutable is null, Window);
        for (var level = Precedence.Deferred; level <= Precedence.Override; level++) gauge.SetWaiting(level, waiting.CountAt(level));
    }

    private void FinishDrain()
    {
        if (connections.Busy > 0 || readying > 0 || disarming) return;
        disarming = true;
        // What was armed ahead and never sent is no suspect: say so, or it would be marked after the restart.
        loader.DisarmAsync([.. ready.Drain().Where(c => c.TryTake())]).PipeTo(Self, success: () => new LinkEvents.Disarmed(), failure: _ => new LinkEvents.Disarmed());
    }

    private LinkStatus Status(bool whole) => new()
    {
        Name = settings.Name,
        Breaker = connections.Breaker.Phase,
        NextTry = connections.Breaker is { Phase: BreakerPhase.Open, RetryAt: var at } ? at : null,
        LastFault = lastFault,
        LastReply = lastReply,
        Tls = tls,
        Connections = connections.Count,
        ConnectionLimit = configured.Connections,
        Busy = connections.Busy,
        Waiting = [.. Enumerable.Range(0, PrecedenceExtensions.Count).Select(p => waiting.CountAt((Precedence)p) + ready.CountAt((Precedence)p))],
        Deferred = deferred.Count + parked.Count,
        Delivered = delivered,
        Failed = failed,
        Suspected = suspected,
        Targets = [.. targets.Select(t => t.ToString())],
        Rules = runtime.Rules.NamesOn(settings.Name, runtime.Now),
        Outcomes = whole ? [.. outcomes.Reverse()] : [],
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
}
