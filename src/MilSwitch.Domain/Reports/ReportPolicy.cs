using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Reports;

/// <summary>RFC 3464 §2.3.3.</summary>
public enum ReportAction : byte { Failed, Delayed, Delivered, Relayed, Expanded }

/// <summary>Decides whether a report is due; pure.</summary>
public static class ReportPolicy
{
    /// <summary>
    /// A null reverse path never gets a report (RFC 5321 §4.5.5), NEVER excludes all, and an absent NOTIFY means failures
    /// and, as local policy, delays (RFC 3461 §4.1).
    /// </summary>
    public static bool IsDue(ReversePath reversePath, NotifyOptions notify, ReportAction action)
    {
        if (reversePath.IsNull || notify.HasFlag(NotifyOptions.Never)) return false;
        return action switch
        {
            ReportAction.Failed => notify == NotifyOptions.Unspecified || notify.HasFlag(NotifyOptions.Failure),
            ReportAction.Delayed => notify == NotifyOptions.Unspecified || notify.HasFlag(NotifyOptions.Delay),
            _ => notify.HasFlag(NotifyOptions.Success),
        };
    }

    /// <summary>
    /// RFC 3461 §5.2.2: relaying to a hop without DSN is reported as <c>relayed</c> to a sender who asked for SUCCESS;
    /// RFC 2852 §4.1.4: the T modifier asks for it at every hop, and a deadline that the next hop will not know of is
    /// reported whatever was asked for.
    /// </summary>
    public static bool RelayingIsReported(Envelope envelope, Recipient recipient, bool hopReports, bool deadlineDropped) =>
        !envelope.ReversePath.IsNull && !recipient.Notify.HasFlag(NotifyOptions.Never)
        && ((recipient.Notify.HasFlag(NotifyOptions.Success) && !hopReports) || envelope.DeliverBy is { Trace: true } || deadlineDropped);
}
