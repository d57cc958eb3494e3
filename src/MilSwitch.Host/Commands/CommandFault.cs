namespace MilSwitch.Host.Commands;

/// <summary>A command can't go on; the text is for the person who gave it.</summary>
internal sealed class CommandFault(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
