using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tracking;

/// <summary>What all sessions of MTQP share. Thread-safe.</summary>
/// <param name="desk">Knows the answers.</param>
/// <param name="shared">Clock, log and the room that the node's files leave for sessions of any kind.</param>
/// <param name="transport">Opens connections to servers that are asked in a client's place; null: none is.</param>
public sealed class MtqpServices(ITrackingDesk desk, SmtpServerServices shared, ISmtpTransport? transport = null)
{
    private const int RememberedClients = 10_000;

    public ITrackingDesk Desk { get; } = desk;

    internal MtqpChain? Chain { get; } = transport is null ? null : new MtqpChain(transport, shared.Time);

    internal SmtpServerServices Shared { get; } = shared;

    internal OriginatorRates Rates { get; } = new(RememberedClients);
}
