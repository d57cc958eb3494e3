namespace MilSwitch.Smime.Tests.Tokens;

/// <summary>Tests with modules go one by one: they set the environment of the process, and measure.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TokenCollection
{
    public const string Name = "tokens";
}
