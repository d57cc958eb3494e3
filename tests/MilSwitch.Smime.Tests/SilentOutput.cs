using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>For looking at what material there is before a test runs that could say anything.</summary>
internal sealed class SilentOutput : ITestOutputHelper
{
    public void WriteLine(string message)
    {
    }

    public void WriteLine(string format, params object[] args)
    {
    }
}
