using System.Reflection;

namespace MilSwitch.Host.Running;

/// <summary>The version of this program, as in its package.</summary>
public static class ProgramVersion
{
    public static string Text { get; } = typeof(ProgramVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
