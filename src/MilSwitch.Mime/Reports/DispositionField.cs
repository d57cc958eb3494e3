using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>The field that says what became of a message (RFC 8098 §3.2.6).</summary>
internal static class DispositionField
{
    /// <param name="value">Its value; null: it is absent.</param>
    /// <param name="disposition">What became of it.</param>
    /// <param name="isAutomatic">No person did it.</param>
    /// <param name="isSentAutomatically">No person had the notification sent.</param>
    public static bool TryRead(string? value, out DispositionType disposition, out bool isAutomatic, out bool isSentAutomatically)
    {
        (disposition, isAutomatic, isSentAutomatically) = (default, false, false);
        if (value is null) return false;
        var halves = value.Split(';', 2);
        var modes = halves[0].Split('/', 2);
        if (halves.Length is not 2 || modes.Length is not 2) return false;
        switch (modes[0].Trim().ToLowerInvariant())
        {
            case "manual-action":
                break;
            case "automatic-action":
                isAutomatic = true;
                break;
            default:
                return false;
        }

        switch (modes[1].Trim().ToLowerInvariant())
        {
            case "mdn-sent-manually":
                break;
            case "mdn-sent-automatically":
                isSentAutomatically = true;
                break;
            default:
                return false;
        }

        var kinds = halves[1].Split('/', 2);
        switch (kinds[0].Trim().ToLowerInvariant())
        {
            case "displayed":
                disposition = DispositionType.Displayed;
                break;
            case "dispatched":
                disposition = DispositionType.Dispatched;
                break;
            case "processed":
                disposition = DispositionType.Processed;
                break;
            case "deleted":
                disposition = DispositionType.Deleted;
                break;
            case "denied":
                disposition = DispositionType.Denied;
                break;
            case "failed":
                disposition = DispositionType.Failed;
                break;
            default:
                return false;
        }

        // What could not be displayed or processed was not.
        if (kinds.Length is 2 && kinds[1].Split(',').Any(m => m.Trim().Equals("error", StringComparison.OrdinalIgnoreCase))) disposition = DispositionType.Failed;
        return true;
    }

    public static string Write(ReceivedDisposition disposition)
    {
        var type = disposition.Disposition switch
        {
            DispositionType.Displayed => "displayed",
            DispositionType.Dispatched => "dispatched",
            DispositionType.Processed => "processed",
            DispositionType.Deleted => "deleted",
            // RFC 8098 has no other word for either.
            DispositionType.Denied => "deleted",
            DispositionType.Failed => "processed/error",
            _ => throw new ArgumentOutOfRangeException(nameof(disposition)),
        };
        return $"{(disposition.IsAutomatic ? "automatic-action" : "manual-action")}/{(disposition.IsSentAutomatically ? "MDN-sent-automatically" : "MDN-sent-manually")}; {type}";
    }
}
