using Akka.Actor;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Switching.Intake;

/// <summary>Answers the SMTP engine for the switch: budgets, precedence, routes; then takes the content. Thread-safe.</summary>
internal sealed class SwitchIntake(SwitchRuntime runtime, OperatorActions actions) : IIntake
{
    private readonly IntakeRates rates = new(runtime);

    /// <summary>Share of every budget that only urgent mail may use.</summary>
    private const double Reserve = 0.9;

    public ValueTask<MailDecision> MailAsync(ClientIdentity client, MailRequest mail, CancellationToken cancellationToken)
    {
        var configuration = runtime.Configuration;
        var precedence = mail.Priority?.ToPrecedence() ?? configuration.Precedences.Unmarked;
        var lowered = precedence > client.HighestPrecedence;
        if (lowered && mail.Priority is not null && !client.LowerPrecedence) return Refuse(Refusal.PriorityNotPermitted);
        if (lowered) precedence = client.HighestPrecedence;
        if (rates.Judge(client, precedence, count: false) is { } flood) return Refuse(flood);
        if (CheckStore(precedence) is { } store) return Refuse(store);
        // A level that only the content will name can't be too low yet, and neither can one that the content may exempt.
        if (mail.Priority is not null && precedence < runtime.Rules.LowestAtEntry(runtime.Now) && !configuration.MinimizeExemptions.MayExempt(client)) return Refuse(Refusal.PriorityTooLowForNow);
        if (mail.DeclaredSize > configuration.Precedences[precedence].MaximumSize && mail.Priority is not null) return Refuse(Refusal.TooLargeForPriority);
        return new ValueTask<MailDecision>(new MailDecision(null, lowered && mail.Priority is not null ? MtPriority.From(precedence) : null));

        static ValueTask<MailDecision> Refuse(Refusal refusal) => new(new MailDecision(refusal, null));
    }

    public ValueTask<Refusal?> RecipientAsync(ClientIdentity client, MailRequest mail, Recipient recipient, CancellationToken cancellationToken)
    {
        var configuration = runtime.Configuration;
        var routes = configuration.Routes;
        var postmaster = configuration.IsOwnPostmaster(recipient.Address);
        recipient = configuration.Resolve(recipient);
        var route = routes.Match(recipient.Address);
        var distributor = configuration.DistributorAt(recipient.Address);
        var trusted = client.MayRelay || client.AuthenticatedAs is not null;
        // A stranger learns nothing about routes: no route and no permission look alike.
        if (!trusted && !postmaster && distributor is not { IsOpen: true } && (distributor is not null || route is not { Open: true })) return new ValueTask<Refusal?>(Refusal.RelayingDenied);
        if (distributor is not null || configuration.Releases.Desk == recipient.Address) return new ValueTask<Refusal?>((Refusal?)null);
        if (route is null) return new ValueTask<Refusal?>(Refusal.NoRoute);
        if (route.Refuse is not null) return new ValueTask<Refusal?>(Refusal.RecipientRefused);
        if (routes.Find(recipient.Address) is not { } link) return new ValueTask<Refusal?>(Refusal.NoRoute);
        if (mail.Priority is { } priority)
        {
            var precedence = priority.ToPrecedence();
            if (precedence > client.HighestPrecedence) precedence = client.HighestPrecedence;
            if (!runtime.Rules.IsEmpty && precedence < runtime.Rules.LowestAtEntry(mail.ReversePath, recipient.Address, link.Name, runtime.Now)
                && !configuration.MinimizeExemptions.MayExempt(client))
                return new ValueTask<Refusal?>(Refusal.PriorityTooLowForNow);
        }

        return new ValueTask<Refusal?>((Refusal?)null);
    }

    public IIncomingMessage Begin(ClientIdentity client, Envelope envelope, StoredDocument? beside = null)
    {
        var configuration = runtime.Configuration;
        if (envelope.Recipients.Any(r => configuration.IsOwnPostmaster(r.Address)))
            envelope = envelope with { Recipients = [.. envelope.Recipients.Select(configuration.Resolve)] };
        return new IncomingMessage(runtime, rates, client, envelope, beside);
    }

    public async ValueTask<QueueStart> StartQueueAsync(ClientIdentity client, string domain, bool subdomains, CancellationToken cancellationToken)
    {
        var links = runtime.Configuration.Routes.LinksTowards(domain, subdomains).Select(l => l.Name).ToHashSet();
        // The queues beside them for mail that may do without TLS, and those that MX routes have for domains below.
        foreach (var link in runtime.Links.All.Select(l => l.Name).ToArray())
            if (links.Contains(link.Configured) || (subdomains && link.IsMxBelow(domain))) links.Add(link);
        if (links.Count is 0) return QueueStart.NoRoute;
        // Links come into being when the actor system is up, and partitions with it.
        if (!OwnsSomething) return QueueStart.Unable;
        // An account of a mail client is no operator's of the same name, and has no right of one: its listener says whether it may.
        var who = new OperatorIdentity("smtp:" + (client.AuthenticatedAs ?? client.Address), client.Address);
        var started = QueueStart.NothingWaits;
        try
        {
            foreach (var link in links)
                if (await actions.TryLinkAsync(link, who, cancellationToken).ConfigureAwait(false)) started = QueueStart.Started;
        }
        catch (Exception e) when (e is AskTimeoutException or SpoolUnavailableException)
        {
            return QueueStart.Unable;
        }

        return started;
    }

    private Refusal? CheckStore(Precedence precedence)
    {
        switch (runtime.Spool.Health)
        {
            case SpoolHealth.Full:
                // One message in a while must try, or nobody would notice that there is room again: the urgent ones do.
                if (!precedence.IsUrgent()) return Refusal.StoreFull;
                break;
            case SpoolHealth.Broken:
                return Refusal.StoreUnavailable;
        }

        var budgets = runtime.Configuration.Budgets;
        var share = precedence.IsUrgent() ? 1.0 : Reserve;
        if (PendingWhereItGoes >= budgets.PendingMessages * share) return Refusal.StoreFull;
        if (!budgets.HasRoom(runtime.Spool.Usage().FreeOctets, precedence)) return Refusal.StoreFull;
        if (runtime.ContentInMemory >= budgets.ContentInMemory * share) return Refusal.Overloaded;
        return OwnsSomething ? null : Refusal.NotOwner;
    }

    // An edge has what the others own.
    private bool OwnsSomething => runtime.Far is { } far ? far.LeastPending is not null : runtime.Partitions.Owned.Count > 0;

    private int PendingWhereItGoes => runtime.Far is { } far ? far.LeastPending ?? 0 : runtime.Partitions.Pending;
}
