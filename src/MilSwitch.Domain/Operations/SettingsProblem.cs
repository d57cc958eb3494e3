namespace MilSwitch.Domain.Operations;

/// <summary>Why a configuration was refused.</summary>
public sealed record SettingsProblem(string File, int Line, string Key, string Text);
