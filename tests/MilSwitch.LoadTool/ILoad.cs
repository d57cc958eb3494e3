namespace MilSwitch.LoadTool;

/// <summary>Where messages come from and where they end: the two programs at the ends of what is measured.</summary>
internal interface ILoad : IAsyncDisposable
{
    string Name { get; }

    /// <summary>The receiver's address.</summary>
    string NextHop { get; }

    /// <summary>Messages that arrived since the start; at most some 20 ms old.</summary>
    long Count { get; }

    /// <summary>Sends all messages and returns when each had its answer; throws when one was refused.</summary>
    Task SendAsync(int port, int messages, int size, int sessions, TimeSpan within);
}

/// <summary>Postfix's <c>smtp-source</c> and <c>smtp-sink</c>: from programs that neither side wrote.</summary>
internal sealed class PostfixLoad(SmtpSinkProcess sink) : ILoad
{
    public string Name => "smtp-source, smtp-sink";

    public string NextHop => sink.NextHop;

    public long Count => sink.Count;

    public static async Task<ILoad> StartAsync() => new PostfixLoad(await SmtpSinkProcess.StartAsync().ConfigureAwait(false));

    public Task SendAsync(int port, int messages, int size, int sessions, TimeSpan within) =>
        SmtpSource.SendAsync(port, messages, size, sessions, within);

    public ValueTask DisposeAsync() => sink.DisposeAsync();
}
