using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Protection;

/// <summary>
/// Examines messages of listeners with protection or labels: removes forged results, has the message judged and opened, judges
/// what was opened by the limits that hold for all content, and asks what its label allows. Thread-safe.
/// </summary>
internal sealed partial class ArrivalExaminer(SwitchRuntime runtime)
{
    private readonly ILogger logger = runtime.Loggers.CreateLogger<ArrivalExaminer>();

    /// <param name="content">Complete; the caller owns it.</param>
    /// <param name="settings">The listener's; null: nothing is protected or opened.</param>
    /// <param name="labelling">The listener's; null: labels do not count.</param>
    /// <param name="from">Who sends it.</param>
    /// <param name="client">Who sent it, for the log.</param>
    /// <param name="precedence">The message's level.</param>
    /// <param name="cancellationToken">The client went away.</param>
    public async ValueTask<Examination> ExamineAsync(
        StagedContent content, ArrivalProtection? settings, IListenerLabelling? labelling, ReversePath from, ClientIdentity client, Precedence precedence, CancellationToken cancellationToken)
    {
        if (settings is not null && runtime.Protection is null) return Unavailable("nothing in this node protects messages");
        try
        {
            using var room = await runtime.ProtectionRoom.TakeAsync(content.Length, runtime.Configuration.Budgets.ProtectionInMemory, precedence, cancellationToken).ConfigureAwait(false);
            var reader = await content.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var came = await Octets.ReadAllAsync(reader, cancellationToken).ConfigureAwait(false);
                if (settings is null) return await LabelAsync(came, null, [], default, [], false).ConfigureAwait(false);
                var honest = WithoutForgeries(came, settings.AuthservId);
                return await runtime.Protection!.ExamineAsync(honest ?? came, settings, precedence, cancellationToken).ConfigureAwait(false) switch
                {
                    ArrivalOutcome.Refused refused => Refused(refused),
                    ArrivalOutcome.Unavailable unavailable => Unavailable(unavailable.Reason),
                    ArrivalOutcome.Accepted accepted => await AcceptAsync(accepted, came, honest, settings).ConfigureAwait(false),
                    _ => throw new InvalidOperationException("An unknown outcome."),
                };
            }
        }
        catch (SpoolUnavailableException unavailable)
        {
            return Examination.Refused(unavailable.Health == SpoolHealth.Full ? Refusal.StoreFull : Refusal.StoreUnavailable);
        }
        catch (ContentDamagedException)
        {
            return Examination.Refused(Refusal.StoreUnavailable);
        }

        Examination Refused(ArrivalOutcome.Refused refused)
        {
            LogRefused(client.Address, refused.Reason);
            return Examination.Refused(refused.Refusal);
        }

        async ValueTask<Examination> AcceptAsync(ArrivalOutcome.Accepted accepted, ReadOnlyMemory<byte> came, ReadOnlyMemory<byte>? honest, ArrivalProtection asked)
        {
            var octets = honest;
            if (accepted.Opened is { } opened)
            {
                if (!IsSound(opened)) return Examination.Refused(Refusal.OpenedUnsound);
                // Nobody outside could see a forgery in there, but the next reader would.
                octets = WithoutForgeries(opened, asked.AuthservId) ?? opened;
            }

            return await LabelAsync(octets ?? came, octets, accepted.Labels, accepted.Trace, accepted.Notes, accepted.Opened is not null).ConfigureAwait(false);
        }

        async ValueTask<Examination> LabelAsync(
            ReadOnlyMemory<byte> message, ReadOnlyMemory<byte>? changed, ImmutableArray<FoundLabel> signed, ReadOnlyMemory<byte> trace, ImmutableArray<ProtectionNote> notes, bool isOpened)
        {
            var decision = labelling?.Decide(message, signed, from, runtime.Now);
            if (decision is { Refusal: { } refusal })
            {
                LogRefused(client.Address, string.Join("; ", decision.Findings));
                return Examination.Refused(refusal);
            }

            var octets = decision?.Changed ?? changed;
            var replacement = octets is { } stored ? await StageAsync(stored, cancellationToken).ConfigureAwait(false) : null;
            if (decision is not null) notes = [.. notes, .. decision.Findings.Select(f => new ProtectionNote(AuditKind.Labelled, f))];
            return new Examination(null, replacement, trace, notes, isOpened, decision);
        }

        Examination Unavailable(string reason)
        {
            LogUnavailable(client.Address, reason);
            return Examination.Refused(Refusal.KeyUnavailable);
        }
    }

    private ReadOnlyMemory<byte>? WithoutForgeries(ReadOnlyMemory<byte> message, string authservId)
    {
        ReadOnlyMemory<byte>? honest = AuthenticationResults.Remove(message, Scan(message), authservId) is { } kept ? kept : default(ReadOnlyMemory<byte>?);
        return SignatureRoleField.Remove(honest ?? message, Scan(honest ?? message)) is { } without ? without : honest;
    }

    // What was hidden from the limits until now.
    private bool IsSound(ReadOnlyMemory<byte> opened)
    {
        if (!Octets.AreLines(opened.Span) || Scan(opened).Fault != HeaderFault.None) return false;
        var limits = runtime.Configuration.Content;
        var structure = new StructureScanner(limits.MaximumDepth, limits.MaximumParts);
        structure.Append(opened.Span);
        return structure.Fault == StructureFault.None;
    }

    private HeaderBlock Scan(ReadOnlyMemory<byte> message)
    {
        var limits = runtime.Configuration.Content;
        return HeaderBlock.Scan(message, limits.MaximumHeaderOctets, limits.MaximumHeaderFields);
    }

    private async ValueTask<StagedContent> StageAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        var writer = runtime.Spool.CreateContent();
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteAsync(octets, cancellationToken).ConfigureAwait(false);
            return await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(3401, LogLevel.Information, "A message of {Client} was refused: {Reason}")]
    private partial void LogRefused(string client, string reason);

    [LoggerMessage(3402, LogLevel.Warning, "A message of {Client} can't be examined now: {Reason}")]
    private partial void LogUnavailable(string client, string reason);
}
