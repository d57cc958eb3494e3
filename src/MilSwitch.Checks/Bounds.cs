using System.Numerics;
using System.Runtime.CompilerServices;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks;

/// <summary>Ranges of settings.</summary>
internal static class Bounds
{
    /// <exception cref="ArgumentOutOfRangeException">It is outside.</exception>
    public static T Within<T>(T value, T least, T most, [CallerMemberName] string name = "") where T : INumber<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
        return value;
    }

    /// <inheritdoc cref="Within{T}(T,T,T,string)"/>
    public static TimeSpan Within(TimeSpan value, TimeSpan least, TimeSpan most, [CallerMemberName] string name = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
        return value;
    }

    /// <summary>An outcome by which a person decides.</summary>
    /// <inheritdoc cref="Within{T}(T,T,T,string)" path="/exception"/>
    public static CheckOutcome Holding(CheckOutcome value, [CallerMemberName] string name = "") =>
        value is CheckOutcome.Suspicious or CheckOutcome.Blocked ? value : throw new ArgumentOutOfRangeException(name, value, "Suspicious or Blocked");
}
