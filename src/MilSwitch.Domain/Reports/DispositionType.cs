namespace MilSwitch.Domain.Reports;

/// <summary>RFC 8098 §3.2.6.2.</summary>
public enum DispositionType : byte
{
    Displayed,

    /// <summary>Handed on to somebody else, unread.</summary>
    Dispatched,

    Processed,

    /// <summary>Deleted; perhaps unread.</summary>
    Deleted,

    /// <summary>Not a type any more, but still sent (RFC 3798 §3.2.6.2).</summary>
    Denied,

    /// <summary>It could not be processed or displayed (modifier <c>error</c>, or the former type <c>failed</c>).</summary>
    Failed,
}
