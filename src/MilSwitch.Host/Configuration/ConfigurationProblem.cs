namespace MilSwitch.Host.Configuration;

/// <summary>One thing that is wrong in a configuration file. Never holds a secret's value.</summary>
/// <param name="File">As the operator named it.</param>
/// <param name="Line">From one; 0 when the file as a whole is meant.</param>
/// <param name="Key">Path of the key, such as <c>listeners[0].tls.mode</c>; <c>-</c> for the document.</param>
/// <param name="Text">What is wrong and, where it is known, what would be right.</param>
public sealed record ConfigurationProblem(string File, int Line, string Key, string Text)
{
    /// <summary><c>FILE:line: key: what is wrong</c>.</summary>
    public override string ToString() => $"{File}:{Line}: {Key}: {Text}";
}
