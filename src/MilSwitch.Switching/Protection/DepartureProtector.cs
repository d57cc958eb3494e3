using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Protection;

/// <summary>Makes what leaves over routes with protection. Thread-safe.</summary>
internal sealed partial class DepartureProtector(SwitchRuntime runtime)
{
    private readonly ILogger logger = runtime.Loggers.CreateLogger<DepartureProtector>();

    /// <param name="consignment">For whom.</param>
    /// <param name="envelope">The message's.</param>
    /// <param name="content">Read to its end; the caller owns it.</param>
    /// <param name="settings">The link's.</param>
    /// <exception cref="ContentDamagedException">The stored octets are not the accepted ones.</exception>
    /// <exception cref="SpoolUnavailableException">The store does not give them.</exception>
    public async Task<DepartureOutcome> ProtectAsync(Consignment consignment, Envelope envelope, ContentReader content, DepartureProtection settings)
    {
        if (runtime.Protection is not { } protection) return new DepartureOutcome.Unavailable("nothing in this node protects messages");
        using var room = await runtime.ProtectionRoom
            .TakeAsync(content.Length, runtime.Configuration.Budgets.ProtectionInMemory, consignment.Precedence, CancellationToken.None).ConfigureAwait(false);
        var octets = await Octets.ReadAllAsync(content, CancellationToken.None).ConfigureAwait(false);
        ImmutableArray<Domain.Addressing.Mailbox> recipients = [.. consignment.Recipients.Select(i => envelope.Recipients[i].Address)];
        DepartureOutcome outcome;
        try
        {
            outcome = await protection.ProtectAsync(octets, settings, recipients, consignment.Precedence, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not (OutOfMemoryException or ObjectDisposedException))
        {
            // A fault of ours must neither let it go unprotected nor be repeated for ever.
            LogFailed(fault, consignment.Id);
            return new DepartureOutcome.Impossible("its protection failed inside the switch", []);
        }

        return outcome is DepartureOutcome.Protected made && !Octets.AreLines(made.Content.Span)
            ? new DepartureOutcome.Impossible("what was opened has line ends that can't be relayed", [])
            : outcome;
    }

    [LoggerMessage(3403, LogLevel.Error, "The protection of {MessageId} failed inside the switch")]
    private partial void LogFailed(Exception fault, MessageId messageId);
}
