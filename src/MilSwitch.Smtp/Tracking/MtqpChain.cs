using System.Collections.Immutable;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Smtp.Tracking;

/// <summary>
/// Asks the servers behind this one in a client's place (RFC 3887 §2.4, RFC 3888 §5.3.1): hosts that the configuration names and no
/// others, each once, a few in a row, within the time that a client has to wait. Two servers that ask each other about the same message
/// come to an end, since who is asked while he asks answers from his own store. Thread-safe.
/// </summary>
/// <param name="transport">Opens connections.</param>
/// <param name="time">For the time that it may take.</param>
public sealed class MtqpChain(ISmtpTransport transport, TimeProvider time)
{
    /// <summary>Servers that are asked for one question.</summary>
    public const int MostServers = 10;

    /// <summary>§2.4: an answer has to be there within two minutes.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private const int MostAtOnce = 4;
    private const int MostLines = 20_000;
    private const int MostStatuses = 100;
    private const int MostNamed = 100;
    private const string Unknown = "no server of MTQP is configured for it (tracking.chain)";

    private readonly SemaphoreSlim places = new(MostAtOnce);
    private readonly HashSet<(string EnvelopeId, TrackingCertifier Proof)> underWay = [];

    /// <summary>As <see cref="AskAsync"/>: only what was told. Empty: nobody may be asked, or none answered.</summary>
    public async ValueTask<ImmutableArray<TrackingStatus>> FollowAsync(
        ImmutableArray<TrackingStatus> found, MtqpCommand.Track track, ImmutableArray<MtqpNextHop> hops, bool isSecured, CancellationToken cancellationToken) =>
        [.. (await AskAsync(found, track, hops, isSecured, cancellationToken).ConfigureAwait(false)).SelectMany(h => h.Found)];

    /// <summary>What those say who took over what is told here, and who was not asked why. Never throws for what servers do.</summary>
    /// <param name="found">What this server knows.</param>
    /// <param name="track">The question.</param>
    /// <param name="hops">Who may be asked.</param>
    /// <param name="isSecured">The question came inside TLS, and is not asked on in the clear (§11).</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ImmutableArray<OnwardHost>> AskAsync(
        ImmutableArray<TrackingStatus> found, MtqpCommand.Track track, ImmutableArray<MtqpNextHop> hops, bool isSecured, CancellationToken cancellationToken)
    {
        var first = Transferred(found).Take(MostNamed).ToArray();
        if (!first.Any(h => Find(hops, h) is not null)) return [.. first.Select(h => OnwardHost.NotAsked(h, Unknown))];
        if (!await places.WaitAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false)) return [.. first.Select(h => OnwardHost.NotAsked(h, "as many questions as may be are under way"))];
        var question = (track.EnvelopeId, track.Proof);
        try
        {
            lock (underWay)
            {
                if (!underWay.Add(question)) return [.. first.Select(h => OnwardHost.NotAsked(h, "this question is under way already"))];
            }

            try
            {
                return await AskAsync(first, found, track, hops, isSecured, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                lock (underWay) underWay.Remove(question);
            }
        }
        finally
        {
            places.Release();
        }
    }

    private async Task<ImmutableArray<OnwardHost>> AskAsync(
        string[] first, ImmutableArray<TrackingStatus> found, MtqpCommand.Track track, ImmutableArray<MtqpNextHop> hops, bool isSecured, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var hosts = ImmutableArray.CreateBuilder<OnwardHost>();
        var told = new List<TrackingStatus>();
        var asked = new HashSet<MtqpNextHop>();
        var named = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var next = new Queue<string>(first);
        while (hosts.Count < MostNamed && next.TryDequeue(out var host))
        {
            if (!named.Add(host)) continue;
            if (Find(hops, host) is not { } hop)
            {
                hosts.Add(OnwardHost.NotAsked(host, Unknown));
                continue;
            }

            if (asked.Count >= MostServers || told.Count >= MostStatuses || either.IsCancellationRequested)
            {
                hosts.Add(OnwardHost.NotAsked(host, either.IsCancellationRequested ? "there was no time left" : "as many servers as may be were asked already"));
                continue;
            }

            if (!asked.Add(hop)) continue;
            MtqpReply reply;
            try
            {
                reply = await new MtqpClient(transport, time, hop.Anchors, needsTls: isSecured, MostLines).AskAsync(hop.Server, track.EnvelopeId, track.Secret, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // What came until now is told.
                reply = new MtqpReply(MtqpOutcome.Unreachable, "no answer in time", [], false);
            }

            // Who says what is known already says nothing new, and somebody who asks in a circle could go on for ever.
            ImmutableArray<TrackingStatus> fresh =
                [.. reply.Found.Where(s => !found.Concat(told).Any(k => k.ReportingMta.Equals(s.ReportingMta, StringComparison.OrdinalIgnoreCase))).Take(MostStatuses - told.Count)];
            told.AddRange(fresh);
            hosts.Add(new OnwardHost(host, hop.Server.ToString(), Outcome(reply.Outcome), reply.Detail, reply.IsSecured, fresh));
            foreach (var further in Transferred(fresh)) next.Enqueue(further);
        }

        return hosts.ToImmutable();
    }

    private static OnwardOutcome Outcome(MtqpOutcome outcome) => outcome switch
    {
        MtqpOutcome.Found => OnwardOutcome.Found,
        MtqpOutcome.NoInformation => OnwardOutcome.NoInformation,
        MtqpOutcome.Refused => OnwardOutcome.Refused,
        _ => OnwardOutcome.Unreachable,
    };

    private static MtqpNextHop? Find(ImmutableArray<MtqpNextHop> hops, string host) => hops.IsDefaultOrEmpty ? null : hops.FirstOrDefault(h => h.Host.Equals(host, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Transferred(ImmutableArray<TrackingStatus> found) =>
        found.SelectMany(s => s.Recipients).Where(r => r.Action is TrackingAction.Transferred).Select(r => r.RemoteMta).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase);
}
