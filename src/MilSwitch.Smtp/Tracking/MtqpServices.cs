using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tracking;

/// <summary>What all sessions of MTQP share. Thread-safe.</summary>
/// <param name="desk">Knows the answers.</param>
/// <param name="shared">Clock, log and the room that the node's files leave for sessions of any kind.</param>
public sealed class MtqpServices(ITrackingDesk desk, SmtpServerServices shared)
{
    private const int RememberedClients = 10_000;

    public ITrackingDesk Desk { get; } = desk;

    internal SmtpServerServices Shared { get; } = shared;

    internal OriginatorRates Rates { get; } = new(RememberedClients);
}
