using System.Text.RegularExpressions;
using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;
using MilSwitch.Mime;

namespace MilSwitch.Checks.Tests.Samples;

/// <summary>Holds messages whose Subject has no reference number of the staff, such as "[OPS-0123]".</summary>
public sealed partial class ReferenceNumberCheck : IContentCheck
{
    public string Name => "reference-number";

    public ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken)
    {
        var message = MessageParts.Read(subject.Content, new ReadingRules()).All[0];
        // One Subject, encoded words undone; null when there is none or more than one.
        var text = SubjectText.Read(message.Header);
        return ValueTask.FromResult(text is not null && Reference().IsMatch(text)
            ? new CheckVerdict(Name, CheckOutcome.Passed, [])
            : new CheckVerdict(Name, CheckOutcome.Suspicious, ["no reference number in Subject"]));
    }

    [GeneratedRegex(@"\[[A-Z]{2,4}-[0-9]{4}\]", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Reference();
}
