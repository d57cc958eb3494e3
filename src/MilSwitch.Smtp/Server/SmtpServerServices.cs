using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server.Authentication;
using MilSwitch.Smtp.Server.Hosting;

namespace MilSwitch.Smtp.Server;

/// <summary>What all sessions of a server share. Thread-safe; dispose it after the last session.</summary>
public sealed class SmtpServerServices(IIntake intake, IAccountStore accounts, TimeProvider time, ILogger logger) : IDisposable
{
    public IIntake Intake { get; } = intake;

    public IAccountStore Accounts { get; } = accounts;

    public TimeProvider Time { get; } = time;

    public ILogger Logger { get; } = logger;

    internal SessionClock Clock { get; } = new(time);

    internal ScramDecoy Decoy { get; } = new();

    public void Dispose() => Clock.Dispose();
}
