using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Attachments;

/// <summary>
/// Judges every file of a message by what it is: kinds that are not allowed, files that are not what they say, macros, archives that
/// hide or explode. What can't be looked into is held. Thread-safe.
/// </summary>
/// <param name="rules">Which files may be attached.</param>
/// <param name="name">As the configuration and the trail name it.</param>
public sealed class AttachmentCheck(AttachmentRules rules, string name = "attachments") : IContentCheck
{
    public string Name { get; } = name;

    public ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken)
    {
        var findings = new FindingList(Name);
        var parts = MessageParts.Read(subject.Content, rules.Reading);
        foreach (var finding in parts.Findings()) findings.Add(CheckOutcome.Suspicious, finding);
        var inspection = new AttachmentInspection(rules, findings, cancellationToken);
        foreach (var part in parts.Leaves)
        {
            // An empty text is how programs send a file alone.
            if (part is { DecodedLength: 0, FileNames.IsEmpty: true }) continue;
            inspection.Judge(new FoundFile($"part {part.Number}", part.Decode(), part.SaysType ? part.MediaType : null, part.FileNames, 0, IsInDocument: false));
        }

        return ValueTask.FromResult(findings.ToVerdict());
    }
}
