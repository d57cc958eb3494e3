namespace MilSwitch.Domain.Channels;

/// <summary>Names of channels: what two switches call the series of numbers on the way from one to the other.</summary>
public static class ChannelName
{
    /// <summary>Characters at most.</summary>
    public const int Longest = 20;

    /// <summary>Name of the trace field with a channel's name and a number: <c>X-MilSwitch-Channel: north 42</c>.</summary>
    public const string Field = "X-MilSwitch-Channel";

    /// <summary>1 to <see cref="Longest"/> ASCII letters, digits and hyphens.</summary>
    public static bool IsValid(string text) => text.Length is > 0 and <= Longest && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-');
}
