using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Protection;

/// <summary>Makes what leaves over routes that write labels, sign or encrypt. Thread-safe.</summary>
internal sealed partial class DepartureProtector(SwitchRuntime runtime)
{
    private readonly ILogger logger = runtime.Loggers.CreateLogger<DepartureProtector>();

    /// <param name="consignment">For whom.</param>
    /// <param name="envelope">The message's.</param>
    /// <param name="content">Read to its end; the caller owns it.</param>
    /// <param name="settings">The link's.</param>
    /// <exception cref="ContentDamagedException">The stored octets are not the accepted ones.</exception>
    /// <exception cref="SpoolUnavailableException">The store does not give them.</exception>
    public async Task<DepartureOutcome> ProtectAsync(Consignment consignment, Envelope envelope, ContentReader content, LinkSettings settings)
    {
        if (settings.Protection is not null && runtime.Protection is null) return new DepartureOutcome.Unavailable("nothing in this node protects messages");
        using var room = await runtime.ProtectionRoom
            .TakeAsync(content.Length, runtime.Configuration.Budgets.ProtectionInMemory, consignment.Precedence, CancellationToken.None).ConfigureAwait(false);
        var came = await Octets.ReadAllAsync(content, CancellationToken.None).ConfigureAwait(false);
        var octets = came;
        DepartureLabels? labelled = null;
        ImmutableArray<ProtectionNote> notes = [];
        // Who signs says what the label is, also where no field is written.
        if (settings.Labels is { } labels && (labels.Writes || settings.Protection?.Sign is not null))
        {
            try
            {
                labelled = labels.Write(octets, envelope.Label, runtime.Now);
            }
            catch (FormatException fault)
            {
                return new DepartureOutcome.Impossible("its label can't be written: " + fault.Message, []);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                // As with protection: nobody else would tell the link, and the message would wait for ever.
                LogFailed(fault, consignment.Id);
                return new DepartureOutcome.Impossible("writing its label failed inside the switch", []);
            }

            octets = labelled.Content;
            notes = [.. labelled.Findings.Select(f => new ProtectionNote(AuditKind.Labelled, f))];
        }

        // Over routes that know nothing of labels as well: what a report tells of a message is as sensitive as the message.
        if (settings is { Labels: null, Protection.Sign: not null } && envelope is { ReversePath.IsNull: true, Origin.IsOwnText: true, Label: { } own }) labelled = new DepartureLabels(octets, own.Encoded, [], []);
        // Octets of the caller end with this task.
        if (settings.Protection is not { } asked) return new DepartureOutcome.Protected(octets.Span == came.Span ? came.ToArray() : octets, notes);
        using var span = runtime.Traces.Begin("protect", consignment.Id).At(consignment.Precedence).Over(settings.Name.Configured.Value);
        ImmutableArray<Domain.Addressing.Mailbox> recipients = [.. consignment.Recipients.Select(i => envelope.Recipients[i].Address)];
        DepartureOutcome outcome;
        try
        {
            outcome = await runtime.Protection!.ProtectAsync(octets, asked, recipients, labelled, consignment.Precedence, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not (OutOfMemoryException or ObjectDisposedException))
        {
            // A fault of ours must neither let it go unprotected nor be repeated for ever.
            LogFailed(fault, consignment.Id);
            return new DepartureOutcome.Impossible("its protection failed inside the switch", []);
        }

        if (outcome is not DepartureOutcome.Protected made) return outcome;
        return Octets.AreLines(made.Content.Span)
            ? made with { Notes = [.. notes, .. made.Notes] }
            : new DepartureOutcome.Impossible("what was opened has line ends that can't be relayed", []);
    }

    [LoggerMessage(3403, LogLevel.Error, "The label or the protection of {MessageId} failed inside the switch")]
    private partial void LogFailed(Exception fault, MessageId messageId);
}
