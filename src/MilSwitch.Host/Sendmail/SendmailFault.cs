namespace MilSwitch.Host.Sendmail;

/// <summary>The message was not handed in; the codes are those of sysexits.h, which callers of sendmail know.</summary>
internal sealed class SendmailFault(int exitCode, string message) : Exception(message)
{
    public const int Usage = 64;
    public const int Content = 65;
    public const int NoUser = 67;
    public const int Refused = 69;
    public const int Later = 75;
    public const int NotPermitted = 77;
    public const int Settings = 78;

    public int ExitCode { get; } = exitCode;
}
