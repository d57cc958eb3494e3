using MilSwitch.Domain.Tracking;

namespace MilSwitch.Host.Api;

/// <param name="Secret">Whose hash came with the message (RFC 3885), in base64: 1 to 128 octets. Kept nowhere.</param>
public sealed record OnwardRequest(string? Secret)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => nameof(OnwardRequest);
}

/// <summary>Where a message is by what those say who took it over.</summary>
/// <param name="Message">Its id here.</param>
/// <param name="NotAsked">Why nobody was asked; null: see the hosts.</param>
/// <param name="Hosts">In the order in which they were asked.</param>
public sealed record OnwardView(string Message, string? NotAsked, IReadOnlyList<OnwardHostView> Hosts)
{
    public static OnwardView Of(Domain.Messages.MessageId id, OnwardAnswer answer) => new(id.ToString(), answer.NotAsked, [.. answer.Hosts.Select(OnwardHostView.Of)]);
}

/// <summary>One host that it went on to.</summary>
/// <param name="Host">Its name or address.</param>
/// <param name="Server">Who answers for it; null: it was not asked.</param>
/// <param name="Outcome">found, no-information, refused, unreachable or not-asked.</param>
/// <param name="Detail">What the server said, or why it was not asked or did not answer. To be distrusted.</param>
/// <param name="Secured">It was asked inside TLS.</param>
/// <param name="Statuses">What it told that was not known before.</param>
public sealed record OnwardHostView(string Host, string? Server, string Outcome, string Detail, bool Secured, IReadOnlyList<MtqpStatusView> Statuses)
{
    public static OnwardHostView Of(OnwardHost host) => new(host.Host, host.Server, Words.Of(host.Outcome), host.Detail, host.IsSecured, [.. host.Found.Select(MtqpStatusView.Of)]);
}

/// <summary>What one system says of a message (RFC 3886).</summary>
public sealed record MtqpStatusView(string EnvelopeId, string ReportingMta, DateTimeOffset ArrivedAt, IReadOnlyList<MtqpRecipientView> Recipients)
{
    public static MtqpStatusView Of(TrackingStatus status) => new(status.EnvelopeId, status.ReportingMta, status.ArrivedAt, [.. status.Recipients.Select(MtqpRecipientView.Of)]);
}

/// <summary>And of one of its recipients.</summary>
public sealed record MtqpRecipientView(string Original, string Final, string Action, string Status, string? RemoteMta, DateTimeOffset? LastAttempt, DateTimeOffset? WillRetryUntil)
{
    public static MtqpRecipientView Of(TrackedRecipient r) =>
        new(r.Original.Address, r.Final.Address, Words.Of(r.Action), r.Status.ToString(), r.RemoteMta, r.LastAttempt, r.WillRetryUntil);
}
