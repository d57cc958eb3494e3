using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Switching.Tests;

/// <summary>Stands in for keys and formats: it does to text what it is told, and its one token comes and goes. Thread-safe.</summary>
internal sealed class FakeProtection : IMessageProtection, ITokenMonitor
{
    private volatile TokenStatus token = new("hsm", TokenCondition.Working, "", DateTimeOffset.UnixEpoch);
    private int departures;

    /// <summary>Asked with the content.</summary>
    public Func<string, ArrivalOutcome> Arrival { get; set; } = _ => new ArrivalOutcome.Accepted(default, null, []);

    /// <summary>Asked with the content and the recipients, while the token works.</summary>
    public Func<string, ImmutableArray<Mailbox>, DepartureOutcome> Departure { get; set; } =
        (text, _) => new DepartureOutcome.Protected(Encoding.UTF8.GetBytes(text), []);

    /// <summary>Hears what a signature is to say about the label.</summary>
    public Action<DepartureLabels?> Labels { get; set; } = _ => { };

    /// <summary>Hears what is asked for.</summary>
    public Action<DepartureProtection> Asked { get; set; } = _ => { };

    public int Departures => Volatile.Read(ref departures);

    public IReadOnlyList<TokenStatus> Tokens => [token];

    public void TokenBecomes(TokenCondition state, string reason = "") => token = new TokenStatus("hsm", state, reason, TimeProvider.System.GetUtcNow());

    public ValueTask<ArrivalOutcome> ExamineAsync(ReadOnlyMemory<byte> content, ArrivalProtection settings, Precedence precedence, CancellationToken cancellationToken) =>
        new(Arrival(Encoding.UTF8.GetString(content.Span)));

    public ValueTask<DepartureOutcome> ProtectAsync(
        ReadOnlyMemory<byte> content, DepartureProtection settings, ImmutableArray<Mailbox> recipients, DepartureLabels? labels, Precedence precedence, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref departures);
        Labels(labels);
        Asked(settings);
        return new(token.State == TokenCondition.Working ? Departure(Encoding.UTF8.GetString(content.Span), recipients) : new DepartureOutcome.Unavailable("the token is away"));
    }
}
