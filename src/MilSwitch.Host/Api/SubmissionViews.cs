using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server.Direct;

namespace MilSwitch.Host.Api;

/// <summary>A message to be sent.</summary>
/// <param name="From">Its author, which is the reverse path too: an address, with a name or without.</param>
/// <param name="To">Action addressees.</param>
/// <param name="Cc">Information addressees.</param>
/// <param name="Bcc">Addressees of whom the others are not told.</param>
/// <param name="Subject">May be left out.</param>
/// <param name="Text">May be left out.</param>
/// <param name="Attachments">Up to 100.</param>
/// <param name="Mmhs">Fields of RFC 6477.</param>
/// <param name="Label">In any form that <c>label decode</c> knows, with the node's policies for those that speak in names; written as an SIO-Label field (RFC 7444).</param>
/// <param name="Expires">Written as an Expires field (RFC 4021 §2.1.50): when it stops to count.</param>
/// <param name="Supersedes">Written as a Supersedes field (RFC 4021 §2.1.46): the Message-ID of the message that it replaces.</param>
/// <param name="Receipt">Readers are asked to say that they have read it (RFC 8098).</param>
/// <param name="Notify">Reports (RFC 3461 §4.1): <c>never</c>, or some of <c>success</c>, <c>failure</c>, <c>delay</c>.</param>
/// <param name="Return">How much a report returns (RFC 3461 §4.3): <c>full</c> or <c>headers</c>.</param>
/// <param name="EnvelopeId">RFC 3461 §4.4: up to 100 printable ASCII characters.</param>
/// <param name="DeliverBy">By when it has to be there (RFC 2852).</param>
/// <param name="ReceiptsFrom">Who is asked for a signed receipt (RFC 2634 §2): <c>all</c>, <c>first-tier</c>, or addresses. The node signs the message, which asks.</param>
/// <param name="ReceiptsTo">Addresses that signed receipts go to, up to 16; the author's when absent.</param>
public sealed record SubmissionRequest(
    string? From, IReadOnlyList<string>? To = null, IReadOnlyList<string>? Cc = null, IReadOnlyList<string>? Bcc = null, string? Subject = null, string? Text = null,
    IReadOnlyList<AttachmentRequest>? Attachments = null, MmhsView? Mmhs = null, string? Label = null, DateTimeOffset? Expires = null, string? Supersedes = null,
    bool Receipt = false, IReadOnlyList<string>? Notify = null, string? Return = null, string? EnvelopeId = null,
    DeliverByRequest? DeliverBy = null, IReadOnlyList<string>? ReceiptsFrom = null, IReadOnlyList<string>? ReceiptsTo = null);

/// <summary>RFC 2852.</summary>
/// <param name="By">The time.</param>
/// <param name="Mode">What happens then: <c>return</c> (it is given up, with a report; the default) or <c>notify</c> (a report, and it goes on).</param>
/// <param name="Trace">Each hop that passes it on reports so.</param>
public sealed record DeliverByRequest(DateTimeOffset? By, string? Mode = null, bool Trace = false);

/// <param name="Name">Of the file.</param>
/// <param name="Type">Its media type; <c>application/octet-stream</c> when absent.</param>
/// <param name="Content">In base64.</param>
public sealed record AttachmentRequest(string? Name, string? Type, byte[]? Content);

/// <summary>A message that the switch has taken, durably.</summary>
/// <param name="Id">The switch's id.</param>
/// <param name="MessageId">Its Message-ID field.</param>
/// <param name="PriorityLowered">It travels at this MT-PRIORITY, which is lower than what it asked for; null: as it asked.</param>
public sealed record SubmittedView(string Id, string? MessageId, int? PriorityLowered);

/// <summary>Why a message was not taken: what a mail client would have heard, and more.</summary>
/// <param name="Code">The SMTP reply code; null: it never became a message.</param>
/// <param name="Status">The enhanced code (RFC 3463).</param>
/// <param name="Reason">In words.</param>
/// <param name="Recipient">Because of whom; null: because of none of them.</param>
/// <param name="Faults">What is wrong with which field.</param>
public sealed record RefusalView(int? Code, string? Status, string Reason, string? Recipient, IReadOnlyList<FieldFaultView> Faults)
{
    public static RefusalView Of(DirectResult result) => new(
        result.Refusal!.Code, result.Refusal.EnhancedCode, result.Text, result.Recipient?.Text, [.. result.Faults.Select(FieldFaultView.Of)]);
}

/// <param name="Field">A header field, or a member of the request.</param>
/// <param name="Position">The octet of a header field's body, counted from 1 behind the colon; null: all of it.</param>
/// <param name="Rule">For programs.</param>
/// <param name="Reason">For people.</param>
public sealed record FieldFaultView(string Field, int? Position, string Rule, string Reason)
{
    public static FieldFaultView Of(FieldFault fault) => new(fault.Field, fault.Position is 0 ? null : fault.Position, fault.Rule, fault.Text);
}
