using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Smtp.Server.Authentication;
using MilSwitch.Smtp.Server.Hosting;

namespace MilSwitch.Smtp.Server;

/// <summary>What all sessions of a server share. Thread-safe; dispose it after the last session.</summary>
public sealed class SmtpServerServices(IIntake intake, IAccountStore accounts, TimeProvider time, ILogger logger) : IDisposable
{
    private int sessions;

    public IIntake Intake { get; } = intake;

    public IAccountStore Accounts { get; } = accounts;

    public TimeProvider Time { get; } = time;

    public ILogger Logger { get; } = logger;

    /// <summary>Sessions at once over all listeners; whoever comes beyond is told 421 4.7.0. The node's files set it.</summary>
    public int MaximumSessions { get; init; } = int.MaxValue;

    /// <summary>Where sessions put what is said; null: nobody can ask to see it.</summary>
    public DialogueBoard? Dialogues { get; init; }

    internal SessionClock Clock { get; } = new(time);

    internal ScramDecoy Decoy { get; } = new();

    /// <summary>False: no more sessions; else <see cref="Leave"/> must follow.</summary>
    internal bool TryEnter()
    {
        if (Interlocked.Increment(ref sessions) <= MaximumSessions) return true;
        Interlocked.Decrement(ref sessions);
        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref sessions);

    public void Dispose() => Clock.Dispose();
}
