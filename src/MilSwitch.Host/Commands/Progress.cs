using System.Globalization;

namespace MilSwitch.Host.Commands;

/// <summary>How far a long command is: one line on standard error that replaces itself, and only where a person reads it.</summary>
internal sealed class Progress(CommandEnvironment environment, string what) : IDisposable
{
    private int width;

    /// <param name="done">So many.</param>
    /// <param name="all">Of so many; null: nobody knows.</param>
    public void Show(long done, long? all)
    {
        if (!environment.IsErrorTerminal) return;
        var line = all is { } known
            ? string.Create(CultureInfo.InvariantCulture, $"{what}: {done} of {known} ({(known > 0 ? done * 100 / known : 100)} %)")
            : string.Create(CultureInfo.InvariantCulture, $"{what}: {done}");
        environment.Error.Write("\r" + line.PadRight(width));
        environment.Error.Flush();
        width = line.Length;
    }

    /// <summary>Leaves the line empty for what comes.</summary>
    public void Dispose()
    {
        if (width > 0) environment.Error.Write("\r" + new string(' ', width) + "\r");
    }
}
