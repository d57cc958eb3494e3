namespace MilSwitch.Benchmarks.Smime;

/// <summary>What a row came to.</summary>
/// <param name="Ours">Operations in a second, median.</param>
/// <param name="Reference">Operations in a second, median.</param>
/// <param name="Ratio">Median of the rounds' ratios, each of two windows that followed each other.</param>
/// <param name="Garbage">Octets that one operation of ours allocates; null: on many threads, not measured.</param>
internal sealed record Outcome(double Ours, double Reference, double Ratio, long? Garbage);
