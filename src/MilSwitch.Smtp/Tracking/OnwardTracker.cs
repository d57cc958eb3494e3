using System.Collections.Immutable;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Smtp.Tracking;

/// <summary>Asks the servers that the configuration in force names, with the places of the questions of clients. Thread-safe.</summary>
/// <param name="services">Whose chain it is; asked for when there is a question, since what sessions need may need this.</param>
/// <param name="hops">Who may be asked.</param>
public sealed class OnwardTracker(Func<MtqpServices> services, Func<ImmutableArray<MtqpNextHop>> hops) : IOnwardTracker
{
    public async ValueTask<ImmutableArray<OnwardHost>> AskAsync(ImmutableArray<TrackingStatus> known, string envelopeId, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken) =>
        services().Chain is { } chain
            ? await chain.AskAsync(known, new MtqpCommand.Track(envelopeId, TrackingCertifier.Of(secret.Span), secret.ToArray()), hops(), isSecured: false, cancellationToken).ConfigureAwait(false)
            : [];
}
