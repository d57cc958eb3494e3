using MilSwitch.Domain.Intake;
using MilSwitch.Host.Running;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Server.Direct;

namespace MilSwitch.Host.Submission;

/// <summary>Hands messages to the switch by the rules of a submission listener, for those who speak no SMTP. Thread-safe.</summary>
internal sealed class SubmissionDesk(ConfigurationHolder configuration, IIntake intake, TimeProvider time)
{
    /// <summary>Requests of the admin API that are read or judged at a time; each may take <see cref="MostOctets"/> several times over.</summary>
    public const int Places = 4;

    /// <summary>Octets of a request's body: attachments in base64 among them.</summary>
    public const long MostOctets = 32 << 20;

    private readonly SemaphoreSlim places = new(Places);

    /// <summary>A place among those who hand something in; null: all are taken. Disposing gives it back.</summary>
    public IDisposable? Enter() => places.Wait(0) ? new Place(places) : null;

    /// <summary>Judges the message and makes it durable.</summary>
    /// <param name="listener">Whose rules count.</param>
    /// <param name="identity">As whom (<see cref="Domain.Messages.Origin.Api"/>, <see cref="Domain.Messages.Origin.Folder"/>).</param>
    /// <param name="address">Where from, for people.</param>
    /// <param name="message">What is handed in.</param>
    /// <param name="cancellationToken">Before the commit: nothing was accepted.</param>
    public ValueTask<DirectResult> SubmitAsync(string listener, string identity, string address, DirectMessage message, CancellationToken cancellationToken)
    {
        var current = configuration.Current;
        var settings = current.Listeners.First(l => l.Name == listener);
        var submission = new DirectSubmission(settings, intake, time);
        return submission.SubmitAsync(submission.Client(identity, address), current.Switch.AccountAddresses.GetValueOrDefault(identity), message, cancellationToken);
    }

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
