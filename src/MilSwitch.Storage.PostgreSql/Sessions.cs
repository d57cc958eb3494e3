using System.Globalization;
using Npgsql;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>The ways to the server: one for the writer, one for reads, one for chunks, one for what must not wait for reads. Thread-safe.</summary>
internal sealed class Sessions : IAsyncDisposable
{
    // A machine that vanishes must not hold locks for the two hours that TCP waits.
    private const string Alive = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3";

    // Every statement of the writer finds its rows by their keys, whatever the planner has heard of the tables so far.
    private const string ByKeys = " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

    private const int Readers = 8;
    private const int Chunks = 4;
    private const int Controls = 12;

    /// <param name="connection">The operator's connection string.</param>
    /// <param name="purpose">Shown by the server beside each session.</param>
    /// <exception cref="ArgumentException">It can't be read; the text names the key and no value.</exception>
    public Sessions(string connection, string purpose)
    {
        Writer = Source(connection, purpose, "writer", 1, ByKeys);
        Reader = Source(connection, purpose, "reader", Readers, "");
        // The commit of the message that names them makes them durable too: the log has one order.
        Chunk = Source(connection, purpose, "chunks", Chunks, " -c synchronous_commit=off");
        Control = Source(connection, purpose, "control", Controls, "");
        Lock = Source(connection, purpose, "lock", 0, "");
    }

    public NpgsqlDataSource Writer { get; }

    public NpgsqlDataSource Reader { get; }

    public NpgsqlDataSource Chunk { get; }

    /// <summary>Claims, signs of life, leases, locks: while a node loads a million messages these go on.</summary>
    public NpgsqlDataSource Control { get; }

    /// <summary>Each session is made for one lock of the server's and ends with it, so that none outlives its holder in a pool.</summary>
    public NpgsqlDataSource Lock { get; }

    /// <summary>What the server shows beside the session that writes for one run.</summary>
    public static string WriterName(long run) => string.Create(CultureInfo.InvariantCulture, $"milswitch {run} writer");

    /// <summary>Hosts and database, for people.</summary>
    public static string Describe(string connection)
    {
        var read = new NpgsqlConnectionStringBuilder(connection);
        return $"{read.Database ?? read.Username} at {read.Host}";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in (NpgsqlDataSource[])[Writer, Reader, Chunk, Control, Lock]) await source.DisposeAsync().ConfigureAwait(false);
    }

    /// <param name="connection">The operator's.</param>
    /// <param name="purpose">Whose.</param>
    /// <param name="what">What for.</param>
    /// <param name="sessions">The most at once; 0: each is made when it is asked for and ends when it is given back.</param>
    /// <param name="settings">Of the server's, for these sessions.</param>
    private static NpgsqlDataSource Source(string connection, string purpose, string what, int sessions, string settings)
    {
        var builder = new NpgsqlDataSourceBuilder(connection);
        var own = builder.ConnectionStringBuilder;
        own.ApplicationName = $"milswitch {purpose} {what}";
        own.Pooling = sessions > 0;
        own.MinPoolSize = 0;
        own.MaxPoolSize = Math.Max(1, sessions);
        // Nothing of ours outlives its transaction in a session of the pools; cleaning it would cost seven statements before each read.
        own.NoResetOnClose = true;
        own.Enlist = false;
        own.Timeout = Math.Min(own.Timeout, 5);
        own.CommandTimeout = 15;
        // A commit that waits for a standby, told to stop, says that it is done: so the writer leaves instead of asking.
        own.CancellationTimeout = what == "writer" ? -1 : 2000;
        own.MaxAutoPrepare = 64;
        own.AutoPrepareMinUsages = 2;
        own.WriteBufferSize = 256 << 10;
        own.ReadBufferSize = 64 << 10;
        own.TcpKeepAlive = true;
        own.Options = $"{own.Options} {Alive}{settings}".TrimStart();
        if (own.Host?.Contains(',', StringComparison.Ordinal) is true)
        {
            if (own.TargetSessionAttributes is null or "any") own.TargetSessionAttributes = "read-write";
            own.HostRecheckSeconds = Math.Min(own.HostRecheckSeconds, 1);
        }

        return builder.Build();
    }
}
