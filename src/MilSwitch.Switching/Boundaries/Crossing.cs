using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Mime;
using MilSwitch.Switching.Boundaries.Steps;

namespace MilSwitch.Switching.Boundaries;

/// <summary>
/// Takes messages through a boundary: step by step, each a pure decision over what is known, with the work that has to be done
/// before it. The first step that does not let the message go on ends the passage. Thread-safe; what it works on is in memory only.
/// </summary>
internal sealed partial class Crossing(SwitchRuntime runtime)
{
    private delegate ValueTask<Passage> Work(Crossing crossing, Passage passage);

    private static readonly ImmutableArray<(IPipelineStep Step, Work? Before)> Steps =
    [
        (new PeerStep(), null),
        (new ParseStep(), static (c, p) => c.OpenAsync(p)),
        (new VerifyStep(), null),
        (new DecryptStep(), null),
        (new HeaderStep(), null),
        (new ReportStep(), static (c, p) => c.TellDeliveredAsync(Rewrite(p))),
        (new LabelStep(), static (_, p) => new(Label(p))),
        (new ReleaseStep(), null),
        (new CheckStep(), static (_, p) => CheckAsync(p)),
        (new RelabelStep(), static (_, p) => new(Relabel(p))),
        (new DisclosureStep(), static (_, p) => new(Disclose(p))),
        (new SigningStep(), null),
        (new EncryptionStep(), static (c, p) => c.ProtectAsync(p)),
        (new RoutingStep(), null),
    ];

    private readonly ILogger logger = runtime.Loggers.CreateLogger<Crossing>();

    /// <summary>In their order.</summary>
    public static IEnumerable<string> StepNames => Steps.Select(s => s.Step.Name);

    /// <param name="passage">At its beginning.</param>
    public async ValueTask<CrossingOutcome> RunAsync(Passage passage)
    {
        foreach (var (step, before) in Steps)
        {
            try
            {
                if (before is not null) passage = await before(this, passage).ConfigureAwait(false);
                passage = passage with { Decisions = passage.Decisions.Add(Approved(step.Decide(passage), passage)) };
            }
            catch (Exception fault) when (fault is not (OutOfMemoryException or ObjectDisposedException or SpoolUnavailableException))
            {
                // A fault of ours must neither let it go on nor be repeated for ever.
                LogFailed(fault, passage.Id, step.Name);
                passage = passage with { Decisions = passage.Decisions.Add(Ruling.Hold(step.Name, 0, "this step failed inside the switch")) };
            }

            if (passage.Decisions[^1].Outcome is StepOutcome.Go or StepOutcome.Skip) continue;
            return new CrossingOutcome.Ended(passage, step switch
            {
                LabelStep when LabelStep.Denied(passage) is { IsEmpty: false } denied => denied,
                EncryptionStep => EncryptionStep.Unprotected(passage),
                _ => passage.Recipients,
            });
        }

        return new CrossingOutcome.Released(ReleasedMessage.From(passage));
    }

    /// <summary>What persons said counts at the boundary and for the reasons they saw, and each person once.</summary>
    private static StepDecision Approved(StepDecision decision, Passage passage)
    {
        if (decision is not { Outcome: StepOutcome.Hold, Approvals: > 0 and var needed }) return decision;
        ImmutableArray<string> who = [.. HeldStep.Given(passage.Boundary.Name, decision, passage.Approvals).Select(a => a.Who)];
        return who.Length >= needed ? decision with { Outcome = StepOutcome.Go, ApprovedBy = who } : decision;
    }

    private async ValueTask<Passage> OpenAsync(Passage passage)
    {
        passage = passage.Changed(passage.Came, "accepted", "peer", "it came");
        if (runtime.BoundaryProtection is not { } protection) return passage;
        var outcome = await protection.OpenAsync(passage.Came, passage.Boundary.Opening, passage.Envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
        if (outcome is not OpeningOutcome.Read { Message: var opened })
        {
            return passage with { Away = outcome is OpeningOutcome.Unavailable away ? away.Reason : "it could not be opened" };
        }

        passage = passage with
        {
            Opened = opened, Notes = [.. passage.Notes, .. opened.Notes],
            Authors = MessageAuthors.Of(opened.Content),
            OwnHops = MessageFacts.Read(HeaderBlock.Scan(passage.Came, int.MaxValue, int.MaxValue), runtime.OwnNames).OwnReceivedCount,
        };
        passage = opened.Encryption is EncryptionState.Opened
            ? passage.Changed(opened.Content, "decrypted", "decrypt", TakenOff(opened) + (opened.Wish.Wish is null ? "" : $"; its originator says {opened.Wish.Word}"))
            : passage.Changed(opened.Content, "stripped", "verify", TakenOff(opened));
        return passage.IsReport ? passage with { Report = await CrossingReport.OfAsync(runtime.Spool, passage).ConfigureAwait(false) } : passage;
    }

    // Who can't check a signature beyond has this in its place, and the boundary's own.
    private static string TakenOff(OpenedMessage opened)
    {
        var told = opened.Signature.Told is { IsDefaultOrEmpty: false } all ? "; signatures as they came: " + string.Join("; ", all) : "";
        return "its protection was taken off" + told + (opened.Kept is { Signed.IsEmpty: false } ? "; what is kept of them goes around it again" : "");
    }

    private static Passage Rewrite(Passage passage) => passage.Report?.Rewritten(passage, passage.Next) is { } rewritten
        ? (passage with { IsRewritten = true }).Changed(rewritten, "rewritten", "report", "of what a report says only the facts cross")
        : passage;

    private static Passage Label(Passage passage)
    {
        var boundary = passage.Boundary;
        if (boundary.LabelsIn is { } labels)
        {
            var found = labels.Decide(passage.Content, passage.Opened!.Labels, passage.Envelope.ReversePath, passage.Now);
            passage = passage with { Found = found, Label = found.Label, Notes = [.. passage.Notes, .. found.Findings.Select(f => new ProtectionNote(AuditKind.Labelled, f))] };
            if (found.Changed is { } changed) passage = passage.Changed(changed, "relabelled", "label", "what nobody here asked for was taken out, or the default was given");
        }
        else
        {
            passage = passage with { Label = passage.Envelope.Label };
        }

        var (classification, policy) = ClassificationOf(passage.Label);
        passage = passage with { Classification = classification, LabelPolicy = policy };
        // What the certificates promise of this boundary counts besides what the other domain may see.
        ILinkLabelling[] rules = [.. new[] { passage.Opened!.Encryption is EncryptionState.Opened ? boundary.Ceiling : null, boundary.LabelsOut }.OfType<ILinkLabelling>()];
        return rules.Length is 0 ? passage : passage with { Permits = [.. passage.Recipients.Select(i => (i, Judge(rules, passage.Label, passage.Envelope.Recipients[i].Address)))] };
    }

    // The first that says no.
    private static LabelVerdict Judge(ILinkLabelling[] rules, MessageLabel? label, Mailbox recipient)
    {
        foreach (var rule in rules)
        {
            if (rule.Judge(label, recipient) is { Goes: false } verdict) return verdict;
        }

        return LabelVerdict.Go;
    }

    private static (int? Classification, string? Policy) ClassificationOf(MessageLabel? label)
    {
        if (label is null) return default;
        try
        {
            var read = EssLabel.Read(label.Encoded);
            return (read.Classification, read.Policy);
        }
        catch (LabelRefusedException)
        {
            return default;
        }
    }

    private static async ValueTask<Passage> CheckAsync(Passage passage) => passage.Boundary.Checks is { } checks
        ? passage with
        {
            Checks = await checks.RunAsync(new CheckSubject(passage.Content, passage.Label, passage.Classification, passage.Envelope.Precedence) { Policy = passage.LabelPolicy }, CancellationToken.None).ConfigureAwait(false),
        }
        : passage;

    private static Passage Relabel(Passage passage)
    {
        if (passage.Boundary.LabelsOut is not { } labels) return passage;
        try
        {
            var written = labels.Write(passage.Content, passage.Label, passage.Now);
            return (passage with { Relabelled = written, Notes = [.. passage.Notes, .. written.Findings.Select(f => new ProtectionNote(AuditKind.Labelled, f))] })
                .Changed(written.Content, "relabelled", "relabel", written.Findings.IsEmpty ? "its label was written" : string.Join("; ", written.Findings));
        }
        catch (FormatException fault)
        {
            return passage with { RelabelFault = "its label can't be written: " + fault.Message };
        }
    }

    private static Passage Disclose(Passage passage)
    {
        var (message, removed) = Disclosure.Apply(
            passage.Content, passage.Boundary.Disclosure, passage.Configuration.HostName, [passage.Configuration.HostName, .. passage.Configuration.OwnNames], passage.Boundary.GatewayAddresses);
        return (passage with { Undisclosed = removed }).Changed(message, "disclosed", "disclose", "what tells of the inside was taken out");
    }

    private async ValueTask<Passage> ProtectAsync(Passage passage)
    {
        var boundary = passage.Boundary;
        if (boundary is { Sign: null, Encrypt: null }) return passage;
        string? unanswered = null;
        // What is kept inside asks for itself, and its receipts hold on the other side as well.
        var asked = passage.Opened!.InnerKept ? null : receipts.Asked(passage, out unanswered);
        var outcome = passage.Opened!.InnerKept ? await WrapAgainAsync(passage).ConfigureAwait(false) : await ProtectAnewAsync(passage, asked).ConfigureAwait(false);
        passage = passage with { Departure = outcome };
        if (outcome is not DepartureOutcome.Protected made) return passage;
        if (unanswered is not null) passage = passage with { Notes = [.. passage.Notes, new ProtectionNote(AuditKind.Signed, unanswered)] };
        if (asked is not null && !made.Sent.IsEmpty) passage = await AskedForAsync(passage, asked with { Sent = made.Sent }).ConfigureAwait(false);
        if (passage.AnswerFault is not null) return passage;
        return (passage with { Notes = [.. passage.Notes, .. made.Notes] })
            .Changed(made.Content, boundary.Encrypt is not null ? "encrypted" : "signed", "encrypt", string.Join("; ", made.Notes.Select(n => n.Detail)));
    }

    private async ValueTask<DepartureOutcome> WrapAgainAsync(Passage passage) => passage.Boundary.Sign is { } sign && runtime.BoundaryProtection is { } protection
        ? await protection.WrapAgainAsync(passage.Content, sign, passage.Opened!.Kept, passage.Relabelled, passage.Envelope.Precedence, CancellationToken.None).ConfigureAwait(false)
        : new DepartureOutcome.Impossible("its inner layers are kept, and nothing here signs around them", []);

    private async ValueTask<DepartureOutcome> ProtectAnewAsync(Passage passage, ReceiptAsked? asked)
    {
        if (runtime.Protection is not { } protection) return new DepartureOutcome.Unavailable("nothing in this node protects messages");
        var settings = new DepartureProtection
        {
            Sign = asked is null ? passage.Boundary.Sign : receipts.Asking(passage, asked),
            Encrypt = passage.Boundary.Encrypt,
            Kept = passage.IsRewritten ? null : passage.Opened!.Kept,
        };
        return await protection.ProtectAsync(passage.Content, settings, passage.Addresses, passage.Relabelled, passage.Envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
    }

    [LoggerMessage(3411, LogLevel.Error, "Step {Step} of the passage of {MessageId} failed inside the switch")]
    private partial void LogFailed(Exception fault, Domain.Messages.MessageId messageId, string step);
}
