namespace MilSwitch.Domain.Tracking;

/// <summary>RFC 3885: what is to be remembered of a message, so that its originator may ask where it is.</summary>
/// <param name="Certifier">Whose secret opens it.</param>
/// <param name="Until">As long as it is remembered; a message that is not done is remembered longer (§3.1).</param>
public sealed record TrackingRequest(TrackingCertifier Certifier, DateTimeOffset Until)
{
    /// <summary>§3.1: nine digits of seconds.</summary>
    public const int LongestTimeout = 999_999_999;

    /// <summary>
    /// §3.1: what is left for the next hop, in whole seconds and rounded down; zero: nothing is left, and the parameter must
    /// not be passed on.
    /// </summary>
    public long SecondsLeft(DateTimeOffset now) => (long)Math.Clamp(Math.Floor((Until - now).TotalSeconds), 0, LongestTimeout);

    /// <summary>§3.2: an ENVID that no other message has names the system that made it: both sides of the last <c>@</c> say something.</summary>
    public static bool IsUnique(string envelopeId)
    {
        var at = envelopeId.LastIndexOf('@');
        return at > 0 && at < envelopeId.Length - 1;
    }
}
