using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Reports;
using MilSwitch.Switching.Acknowledgments;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Switching.Cluster;

/// <summary>An order that goes to whichever node owns a partition, with the name of the person who gave it.</summary>
public interface IOwnerOrder : IWireMessage
{
    int Partition { get; }
}

/// <summary>One thing done to one message. Answered with <see cref="ActAnswer"/>.</summary>
/// <param name="Link">For rerouting; null otherwise.</param>
/// <param name="Name">The person, as the asked node knows it.</param>
/// <param name="Via">From where the person came.</param>
public sealed record ActOrder(long Message, MessageVerb Verb, string Reason, string? Link, string Name, string Via) : IOwnerOrder
{
    [JsonIgnore]
    public int Partition => new MessageId(Message).Partition;

    internal static ActOrder Of(MessageId id, MessageAct act, OperatorIdentity who) => new(id.Value, act.Verb, act.Reason, act.Link?.Value, who.Name, who.Via);

    internal PartitionCommands.Act ToCommand() => new(
        new MessageId(Message), new MessageAct(Verb) { Ids = [new MessageId(Message)], Reason = Reason, Link = Link is null ? null : new LinkName(Link) }, new OperatorIdentity(Name, Via));
}

public sealed record ActAnswer(bool Done, string Text, ActFailure Failure) : IWireMessage
{
    internal static ActAnswer Of(ActOutcome outcome) => new(outcome.Done, outcome.Text, outcome.Failure);

    internal ActOutcome ToOutcome(MessageId id) => new(id, Done, Text) { Failure = Failure };
}

/// <summary>A person's decision about a held message. Answered with <see cref="JudgeAnswer"/>. One of the six is there.</summary>
public sealed record JudgeOrder(long Message, string Reason, string Name, string Via) : IOwnerOrder
{
    public ApproveWords? Approve { get; init; }

    public RejectWords? Reject { get; init; }

    public CorrectionWords? Correct { get; init; }

    public AssignmentWords? Assign { get; init; }

    public ReleaseWords? Authorise { get; init; }

    public ReleaseWords? RejectDraft { get; init; }

    [JsonIgnore]
    public int Partition => new MessageId(Message).Partition;

    internal static JudgeOrder Of(MessageId id, HoldingOrder order, OperatorIdentity who) => new(id.Value, order.Reason, who.Name, who.Via)
    {
        Approve = order is HoldingOrder.Approve approve ? new ApproveWords(approve.Step, approve.Reasons) : null,
        Reject = order is HoldingOrder.Reject reject ? new RejectWords(reject.Text) : null,
        Correct = order is HoldingOrder.Correct correct ? CorrectionWords.Of(correct.Change) : null,
        Assign = order is HoldingOrder.Assign assign ? AssignmentWords.Of(assign) : null,
        Authorise = order is HoldingOrder.Authorise given ? new ReleaseWords(given.Address?.Text, given.IsSigned, given.Digest, given.Evidence, null) : null,
        RejectDraft = order is HoldingOrder.RejectDraft back ? new ReleaseWords(back.Address?.Text, back.IsSigned, back.Digest, back.Evidence, back.Text) : null,
    };

    /// <summary>Null: it says nothing that this version understands.</summary>
    internal PartitionCommands.Judge? TryToCommand() => ToOrder() is { } order ? new(new MessageId(Message), order, new OperatorIdentity(Name, Via)) : null;

    private HoldingOrder? ToOrder() => this switch
    {
        { Approve: { } approve } => new HoldingOrder.Approve(approve.Step, approve.Reasons, Reason),
        { Reject: { } reject } => new HoldingOrder.Reject(reject.Text, Reason),
        { Correct: { } correct } when correct.TryToCorrection() is { } change => new HoldingOrder.Correct(change, Reason),
        { Assign: { } assign } => assign.TryToOrder(Reason),
        { Authorise: { Evidence: not null } given } when given.TryToAddress(out var address) => new HoldingOrder.Authorise(address, given.IsSigned, given.Digest, given.Evidence, Reason),
        { RejectDraft: { Evidence: not null } back } when back.TryToAddress(out var address) => new HoldingOrder.RejectDraft(address, back.IsSigned, back.Digest, back.Evidence, back.Text, Reason),
        _ => null,
    };
}

/// <param name="Address">The authority in whose name; null: whoever the person speaks for.</param>
public sealed record ReleaseWords(string? Address, bool IsSigned, string? Digest, string Evidence, string? Text)
{
    internal bool TryToAddress(out Mailbox? address)
    {
        address = null;
        return Address is null || Mailbox.TryParse(Address, allowUtf8: true, out address, out _);
    }
}

public sealed record ApproveWords(string Step, string? Reasons);

public sealed record RejectWords(string? Text);

/// <param name="SubjectCodes">Null: those it has.</param>
public sealed record CorrectionWords(ImmutableArray<AddressChange> Recipients, ImmutableArray<string> DropParts, ReadOnlyMemory<byte>? Label, ImmutableArray<string>? SubjectCodes)
{
    internal static CorrectionWords Of(MessageCorrection change) => new(
        [.. change.Recipients.Select(r => new AddressChange(r.Old.Text, r.New.Text))], change.DropParts, change.Label?.Encoded, change.SubjectCodes.IsDefault ? null : change.SubjectCodes);

    internal MessageCorrection? TryToCorrection()
    {
        if (Recipients.IsDefault || DropParts.IsDefault) return null;
        var changes = ImmutableArray.CreateBuilder<(Mailbox Old, Mailbox New)>(Recipients.Length);
        foreach (var change in Recipients)
        {
            if (!Mailbox.TryParse(change.Old, allowUtf8: true, out var old, out _) || !Mailbox.TryParse(change.New, allowUtf8: true, out var made, out _)) return null;
            changes.Add((old, made));
        }

        return new MessageCorrection
        {
            Recipients = changes.MoveToImmutable(), DropParts = DropParts, Label = Label is { } label ? new MessageLabel(label) : null, SubjectCodes = SubjectCodes ?? default,
        };
    }
}

/// <summary>Addresses of those who act and of those who are informed.</summary>
public sealed record AssignmentWords(ImmutableArray<string> Action, ImmutableArray<string> Information)
{
    internal static AssignmentWords Of(HoldingOrder.Assign order) => new([.. order.Action.Select(m => m.Text)], [.. order.Information.Select(m => m.Text)]);

    internal HoldingOrder.Assign? TryToOrder(string reason) =>
        !Action.IsDefault && !Information.IsDefault && MailboxList.TryRead(Action) is { } action && MailboxList.TryRead(Information) is { } information
            ? new HoldingOrder.Assign(action, information, reason)
            : null;
}

public sealed record AddressChange(string Old, string New);

public sealed record JudgeAnswer(HoldingOutcome Outcome, string Text, int Needed, ImmutableArray<string> Given, long? Made) : IWireMessage
{
    internal static JudgeAnswer Of(HoldingResult result) => new(result.Outcome, result.Text, result.Needed, result.Given, result.Made?.Value);

    internal HoldingResult ToResult() => new(Outcome, Text) { Needed = Needed, Given = Given, Made = Made is { } made ? new MessageId(made) : null };
}

/// <summary>A message was put into a partition for its owner to work on. Not answered: <see cref="ArrivalSweeper"/> repeats it.</summary>
public sealed record ArrivedOrder(long Message) : IOwnerOrder
{
    [JsonIgnore]
    public int Partition => new MessageId(Message).Partition;
}

/// <summary>What is held in a partition. Answered with <see cref="HeldAnswer"/>.</summary>
/// <param name="After">Only what stands behind this place; null: all.</param>
public sealed record HeldOrder(int Partition, HeldPosition? After, int Limit) : IOwnerOrder;

public sealed record HeldAnswer(ImmutableArray<HeldPosition> Places) : IWireMessage;

/// <summary>Where a held message stands in the list of all.</summary>
public sealed record HeldPosition(Precedence Precedence, long AcceptedTicks, long Message)
{
    internal static HeldPosition Of(HeldPlace place) => new(place.Precedence, place.AcceptedTicks, place.Id.Value);

    internal HeldPlace ToPlace() => new(Precedence, AcceptedTicks, new MessageId(Message));
}

/// <summary>Something that may acknowledge a message came to another node than its owner's. Not answered.</summary>
/// <param name="Recipient">Index in the message's envelope; −1: all.</param>
/// <param name="Kind">handed-on, reported, disposed or receipted.</param>
/// <param name="Detail">What a report or a disposition says, as the number that is its name's; of a receipt 1 when it is good; else 0.</param>
public sealed record NoteOrder(long Message, int Recipient, string Kind, int Detail, DateTimeOffset At) : IOwnerOrder
{
    [JsonIgnore]
    public int Partition => new MessageId(Message).Partition;

    internal static NoteOrder? Of(AcknowledgmentCommands.Note note) => note.Input switch
    {
        AcknowledgmentInput.HandedOn => Of(note, "handed-on", 0),
        AcknowledgmentInput.Reported reported => Of(note, "reported", (int)reported.Action),
        AcknowledgmentInput.Disposed disposed => Of(note, "disposed", (int)disposed.Disposition),
        AcknowledgmentInput.Receipted receipted => Of(note, "receipted", receipted.IsGood ? 1 : 0),
        // The owner knows these by itself.
        _ => null,
    };

    /// <summary>Null: of another version, or nonsense.</summary>
    internal AcknowledgmentCommands.Note? ToCommand() => Kind switch
    {
        "handed-on" => Made(new AcknowledgmentInput.HandedOn(At)),
        "reported" when Enum.IsDefined((ReportAction)Detail) => Made(new AcknowledgmentInput.Reported((ReportAction)Detail, At)),
        "disposed" when Enum.IsDefined((DispositionType)Detail) => Made(new AcknowledgmentInput.Disposed((DispositionType)Detail, At)),
        "receipted" => Made(new AcknowledgmentInput.Receipted(Detail is 1, At)),
        _ => null,
    };

    private static NoteOrder Of(AcknowledgmentCommands.Note note, string kind, int detail) => new(note.Message.Value, note.Recipient, kind, detail, note.Input.At);

    private AcknowledgmentCommands.Note Made(AcknowledgmentInput input) => new(new MessageId(Message), Recipient, input);
}

/// <summary>A link's next hop is to be tried at once, on every node that has the link. Not answered.</summary>
public sealed record LinkOrder(string Link) : IWireMessage;
