using System.Text.Json.Serialization;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Host.Commands;

internal sealed record MtqpServerView(string Server, string Outcome, string Detail, bool Secured, IReadOnlyList<MtqpStatusView> Statuses)
{
    public static MtqpServerView Of(TracedServer traced) =>
        new(traced.Server.ToString(), Api.Words.Of(traced.Reply.Outcome), traced.Reply.Detail, traced.Reply.IsSecured, [.. traced.Reply.Found.Select(MtqpStatusView.Of)]);
}

internal sealed record MtqpStatusView(string EnvelopeId, string ReportingMta, DateTimeOffset ArrivedAt, IReadOnlyList<MtqpRecipientView> Recipients)
{
    public static MtqpStatusView Of(TrackingStatus status) => new(status.EnvelopeId, status.ReportingMta, status.ArrivedAt, [.. status.Recipients.Select(MtqpRecipientView.Of)]);
}

internal sealed record MtqpRecipientView(string Original, string Final, string Action, string Status, string? RemoteMta, DateTimeOffset? LastAttempt, DateTimeOffset? WillRetryUntil)
{
    public static MtqpRecipientView Of(TrackedRecipient r) =>
        new(r.Original.Address, r.Final.Address, Api.Words.Of(r.Action), r.Status.ToString(), r.RemoteMta, r.LastAttempt, r.WillRetryUntil);
}

/// <summary>JSON of <c>mtqp track</c>, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(IReadOnlyList<MtqpServerView>))]
internal sealed partial class MtqpJson : JsonSerializerContext;
