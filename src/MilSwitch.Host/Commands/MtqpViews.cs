using System.Text.Json.Serialization;
using MilSwitch.Host.Api;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Host.Commands;

internal sealed record MtqpServerView(string Server, string Outcome, string Detail, bool Secured, IReadOnlyList<MtqpStatusView> Statuses)
{
    public static MtqpServerView Of(TracedServer traced) =>
        new(traced.Server.ToString(), Words.Of(traced.Reply.Outcome), traced.Reply.Detail, traced.Reply.IsSecured, [.. traced.Reply.Found.Select(MtqpStatusView.Of)]);
}

/// <summary>A tracer report with what those beyond the switch said.</summary>
/// <param name="Messages">Of this switch, the oldest first.</param>
/// <param name="Onward">Of those that could be asked about.</param>
internal sealed record TracedView(IReadOnlyList<MessageView> Messages, IReadOnlyList<OnwardView> Onward);

/// <summary>JSON of <c>mtqp track</c> and of <c>track --trace</c>, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(IReadOnlyList<MtqpServerView>))]
[JsonSerializable(typeof(TracedView))]
internal sealed partial class MtqpJson : JsonSerializerContext;
