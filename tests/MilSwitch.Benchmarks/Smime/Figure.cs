namespace MilSwitch.Benchmarks.Smime;

/// <summary>One row: what we do, what it is held against, and the ratio that is wanted.</summary>
/// <param name="Operation">As it is printed and filtered.</param>
/// <param name="Size">Of the content, as it is printed.</param>
/// <param name="Against">What the reference is.</param>
/// <param name="Wanted">Least ratio of the rates; null: it is there to read the others by.</param>
/// <param name="Ours">Completes on the calling thread.</param>
/// <param name="Reference">Completes on the calling thread.</param>
internal sealed record Figure(string Operation, string Size, string Against, double? Wanted, Func<ValueTask> Ours, Func<ValueTask> Reference)
{
    /// <summary>Most octets that one operation of ours may allocate; null: no limit is set.</summary>
    public long? MostGarbage { get; init; }

    public Figure(string operation, string size, string against, double? wanted, Func<ValueTask> ours, Action reference)
        : this(operation, size, against, wanted, ours, () =>
        {
            reference();
            return ValueTask.CompletedTask;
        })
    {
    }
}
