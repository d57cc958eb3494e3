using System.Text;
using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Structure;

/// <summary>
/// Lets pass only messages that are made of what the rules name and that every reader reads in the same way (threat M2).
/// Refuses, never repairs. Thread-safe.
/// </summary>
/// <param name="rules">What a message may be made of.</param>
/// <param name="name">As the configuration and the trail name it.</param>
public sealed class StructureCheck(StructureRules rules, string name = "structure") : IContentCheck
{
    // RFC 5322 §3.6, RFC 2045 §7.
    private static readonly string[] AtMostOne =
        ["From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject", "Date", "Content-ID", "Content-Description"];

    private static readonly string[] ExactlyOne = ["From", "Date"];

    public string Name { get; } = name;

    public ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken)
    {
        var findings = new FindingList(Name);
        if (subject.Content.Length > rules.LargestMessage) Add("the message is larger than allowed");
        else JudgeParts();
        return ValueTask.FromResult(findings.ToVerdict());

        void JudgeParts()
        {
            var parts = MessageParts.Read(subject.Content, rules.Reading);
            foreach (var finding in parts.Findings()) Add(finding);
            foreach (var part in parts.All)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!rules.AllowsType(part.MediaType)) Add($"part {part.Number}: its media type is not allowed");
                if (part.DecodedLength > rules.LargestPart) Add($"part {part.Number}: larger than allowed");
                foreach (var finding in JudgeHeader(part)) Add($"part {part.Number}: {finding}");
            }
        }

        void Add(string finding) => findings.Add(rules.Outcome, finding);
    }

    private IEnumerable<string> JudgeHeader(MailPart part)
    {
        var counts = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in part.Header)
        {
            var fieldName = Encoding.ASCII.GetString(field.Name.Span);
            counts[fieldName] = counts.GetValueOrDefault(fieldName) + 1;
            if (!rules.AllowsField(fieldName)) yield return "a header field that is not allowed";
            if (FieldGrammar.Judge(fieldName, field, rules) is { } fault) yield return fault;
        }

        foreach (var each in AtMostOne)
        {
            if (counts.GetValueOrDefault(each) > 1) yield return $"more than one {each}";
        }

        // What a report returns, or somebody forwards, may be any old message.
        if (part.Depth > 0) yield break;
        foreach (var each in ExactlyOne)
        {
            if (counts.GetValueOrDefault(each) is 0) yield return $"no {each}";
        }
    }
}
