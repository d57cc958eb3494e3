namespace MilSwitch.Checks.Scanning;

/// <summary>A service outside of this process that looks for what does harm. Thread-safe.</summary>
public interface IScanner
{
    /// <summary>Has one content looked at.</summary>
    /// <param name="content">A message or a file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It is away, broke off, or said what is not in its protocol.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">It can't be reached.</exception>
    /// <exception cref="TimeoutException">It was slower than its rules allow.</exception>
    ValueTask<ScanAnswer> ScanAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Asks whether it is there and works, without showing it anything; one that can't be asked is taken for there.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="ScanAsync" path="/exception"/>
    ValueTask ProbeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
