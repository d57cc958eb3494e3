using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Alarms;

/// <summary>What alarms of one kind have in common.</summary>
/// <param name="Name">The part of an alarm's id before the colon, and the name of its runbook.</param>
/// <param name="Severity">Unless the alarm says otherwise, or <paramref name="ByLevel"/>.</param>
/// <param name="Title">In a few words.</param>
/// <param name="ByLevel">What stands behind the colon is a precedence, which decides about the severity.</param>
/// <param name="IsOfCluster">There is one for all nodes; the leading one looks.</param>
public sealed record AlarmKind(string Name, AlarmSeverity Severity, string Title, bool ByLevel = false, bool IsOfCluster = false)
{
    /// <summary>The page that says what to do, from the root of the documentation.</summary>
    public string Runbook => $"operations/runbooks/{Name}.md";

    /// <summary>Of an alarm of this kind with such an id.</summary>
    public AlarmSeverity SeverityOf(string id)
    {
        if (!ByLevel) return Severity;
        for (var level = Precedence.Override; level >= Precedence.Deferred; level--)
        {
            if (id.AsSpan(Math.Min(id.Length, Name.Length + 1)).SequenceEqual(level.Keyword())) return Of(level);
            if (level is Precedence.Deferred) break;
        }

        return Severity;
    }

    private static AlarmSeverity Of(Precedence level) => level switch
    {
        Precedence.Override or Precedence.Flash => AlarmSeverity.Critical,
        Precedence.Immediate => AlarmSeverity.High,
        Precedence.Priority => AlarmSeverity.Medium,
        _ => AlarmSeverity.Low,
    };
}
