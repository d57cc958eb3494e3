using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Alarms;

/// <summary>One way in which people are told of alarms: <c>alarms.notifiers[]</c> of the file. One case; immutable.</summary>
/// <param name="Name">Unique.</param>
public abstract record NotifierSettings(string Name)
{
    /// <summary>So often within an hour, tests included; further alarms wait.</summary>
    public int PerHour { get; init; } = 30;

    /// <summary>A message that is handed in at the switch itself.</summary>
    /// <param name="Name">Of the notifier.</param>
    /// <param name="Listener">By whose rules.</param>
    /// <param name="From">The author.</param>
    /// <param name="To">At least one.</param>
    public sealed record Mail(string Name, string Listener, Mailbox From, ImmutableArray<Mailbox> To) : NotifierSettings(Name)
    {
        /// <summary>Its level.</summary>
        public Precedence Level { get; init; } = Precedence.Immediate;
    }

    /// <summary>A POST with the alarms as JSON.</summary>
    /// <param name="Name">Of the notifier.</param>
    /// <param name="Address">https, or http on this machine.</param>
    /// <param name="Secret">Signs what is sent.</param>
    public sealed record WebHook(string Name, Uri Address, ReadOnlyMemory<byte> Secret) : NotifierSettings(Name)
    {
        /// <summary>Who vouches for the server; empty: whom the system believes.</summary>
        public ImmutableArray<X509Certificate2> Anchors { get; init; } = [];

        /// <summary>For each try.</summary>
        public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(10);
    }

    /// <summary>A program that gets the alarms as JSON at its standard input.</summary>
    /// <param name="Name">Of the notifier.</param>
    /// <param name="Program">Full path; no shell looks at it.</param>
    /// <param name="Arguments">As they are.</param>
    public sealed record Command(string Name, string Program, ImmutableArray<string> Arguments) : NotifierSettings(Name)
    {
        /// <summary>Then it is killed.</summary>
        public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(10);
    }
}
