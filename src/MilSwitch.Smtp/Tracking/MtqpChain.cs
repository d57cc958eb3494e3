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

    private readonly SemaphoreSlim places = new(MostAtOnce);
    private readonly HashSet<(string EnvelopeId, TrackingCertifier Proof)> underWay = [];

    /// <summary>What those say who took over what is told here; empty: nobody of them may be asked, or none answered. Never throws for what servers do.</summary>
    /// <param name="found">What this server knows.</param>
    /// <param name="track">The question.</param>
    /// <param name="hops">Who may be asked.</param>
    /// <param name="isSecured">The question came inside TLS, and is not asked on in the clear (§11).</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ImmutableArray<TrackingStatus>> FollowAsync(
        ImmutableArray<TrackingStatus> found, MtqpCommand.Track track, ImmutableArray<MtqpNextHop> hops, bool isSecured, CancellationToken cancellationToken)
    {
        if (hops.IsDefaultOrEmpty || !Transferred(found).Any(h => Find(hops, h) is not null) || !await places.WaitAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false)) return [];
        var question = (track.EnvelopeId, track.Proof);
        try
        {
            lock (underWay)
            {
                if (!underWay.Add(question)) return [];
            }

            try
            {
                return await AskAsync(found, track, hops, isSecured, cancellationToken).ConfigureAwait(false);
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

    private async Task<ImmutableArray<TrackingStatus>> AskAsync(
        ImmutableArray<TrackingStatus> found, MtqpCommand.Track track, ImmutableArray<MtqpNextHop> hops, bool isSecured, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var told = ImmutableArray.CreateBuilder<TrackingStatus>();
        var asked = new HashSet<MtqpNextHop>();
        var next = new Queue<string>(Transferred(found));
        while (asked.Count < MostServers && told.Count < MostStatuses && !either.IsCancellationRequested && next.TryDequeue(out var host))
        {
            if (Find(hops, host) is not { } hop || !asked.Add(hop)) continue;
            MtqpReply reply;
            try
            {
                reply = await new MtqpClient(transport, time, hop.Anchors, needsTls: isSecured, MostLines).AskAsync(hop.Server, track.EnvelopeId, track.Secret, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // What came until now is told.
                break;
            }

            // Who says what is known already says nothing new, and somebody who asks in a circle could go on for ever.
            foreach (var status in reply.Found.Where(s => !found.Concat(told).Any(k => k.ReportingMta.Equals(s.ReportingMta, StringComparison.OrdinalIgnoreCase))).Take(MostStatuses - told.Count).ToArray())
            {
                told.Add(status);
                foreach (var further in Transferred([status])) next.Enqueue(further);
            }
        }

        return told.ToImmutable();
    }

    private static MtqpNextHop? Find(ImmutableArray<MtqpNextHop> hops, string host) => hops.FirstOrDefault(h => h.Host.Equals(host, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Transferred(ImmutableArray<TrackingStatus> found) =>
        found.SelectMany(s => s.Recipients).Where(r => r.Action is TrackingAction.Transferred).Select(r => r.RemoteMta).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase);
}
