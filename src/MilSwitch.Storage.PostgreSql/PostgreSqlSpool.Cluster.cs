using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>Who owns which partition, and what nodes tell each other.</summary>
public sealed partial class PostgreSqlSpool
{
    private const string Owns = "UPDATE ownership SET epoch = epoch + 1, owner = $2, incarnation = $3, seen = clock_timestamp() WHERE partition = $1 RETURNING epoch";

    // A transaction in flight takes milliseconds. One that takes so much longer is of a node that was stopped while it sent it.
    private const string NotForLong = "SET LOCAL lock_timeout = '3s'";

    /// <summary>The owner is this start of this node.</summary>
    public async ValueTask<PartitionEpoch> ClaimAsync(int partition, string owner, CancellationToken cancellationToken = default) =>
        (await ClaimAsync(partition, new NodeIdentity(owner, Run), isPolite: false, cancellationToken).ConfigureAwait(false)).GetValueOrDefault();

    public ValueTask<PartitionEpoch?> TryClaimAsync(int partition, NodeIdentity owner, CancellationToken cancellationToken = default) =>
        ClaimAsync(partition, owner, isPolite: true, cancellationToken);

    public ValueTask<NodeIdentity?> OwnerAsync(int partition, CancellationToken cancellationToken = default) => control.AskAsync(
        "SELECT owner, incarnation FROM ownership WHERE partition = $1 AND owner IS NOT NULL", [Wave.One(partition)],
        async (_, row, token) => await row.ReadAsync(token).ConfigureAwait(false) ? new NodeIdentity(row.GetString(0), row.GetInt64(1)) : default(NodeIdentity?), cancellationToken);

    public async ValueTask<int> StayAsync(NodeIdentity owner, CancellationToken cancellationToken = default)
    {
        const string Stay = "WITH seen AS (UPDATE ownership SET seen = clock_timestamp() WHERE owner = $1 AND incarnation = $2 RETURNING 1) SELECT count(*) FROM seen";
        return (int)await control.NumberAsync(Stay, [Wave.One(owner.Name), Wave.One(owner.Incarnation)], cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ReleaseAsync(PartitionEpoch owner, CancellationToken cancellationToken = default) => await ChangeAsync(
        "UPDATE ownership SET owner = NULL, incarnation = 0, seen = '-infinity' WHERE partition = $1 AND epoch = $2", cancellationToken,
        Wave.One(owner.Partition), Wave.One(owner.Epoch)).ConfigureAwait(false);

    public async ValueTask RegisterNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default) => await ChangeAsync(
        """
        INSERT INTO node (address, name, incarnation, seen) VALUES ($1, $2, $3, clock_timestamp())
        ON CONFLICT (address) DO UPDATE SET name = excluded.name, incarnation = excluded.incarnation, seen = excluded.seen
        """,
        cancellationToken, Wave.One(address), Wave.One(node.Name), Wave.One(node.Incarnation)).ConfigureAwait(false);

    public ValueTask<bool> RefreshNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default) => ChangeAsync(
        "UPDATE node SET seen = clock_timestamp() WHERE address = $1 AND name = $2 AND incarnation = $3", cancellationToken,
        Wave.One(address), Wave.One(node.Name), Wave.One(node.Incarnation));

    public ValueTask<IReadOnlyList<ClusterNode>> FreshNodesAsync(TimeSpan youngerThan, CancellationToken cancellationToken = default) => control.AskAsync(
        "SELECT address, name, incarnation, clock_timestamp() - seen FROM node WHERE seen > clock_timestamp() - $1 ORDER BY address COLLATE \"C\"", [Of(youngerThan)],
        async (_, row, token) =>
        {
            var nodes = new List<ClusterNode>();
            while (await row.ReadAsync(token).ConfigureAwait(false))
                nodes.Add(new ClusterNode(row.GetString(0), new NodeIdentity(row.GetString(1), row.GetInt64(2)), row.GetFieldValue<TimeSpan>(3)));
            return (IReadOnlyList<ClusterNode>)nodes;
        },
        cancellationToken);

    public async ValueTask RemoveNodeAsync(string address, NodeIdentity node, CancellationToken cancellationToken = default) => await ChangeAsync(
        "DELETE FROM node WHERE address = $1 AND name = $2 AND incarnation = $3", cancellationToken,
        Wave.One(address), Wave.One(node.Name), Wave.One(node.Incarnation)).ConfigureAwait(false);

    public ValueTask<bool> AcquireLeaseAsync(string name, string owner, TimeSpan timeToLive, CancellationToken cancellationToken = default) => ChangeAsync(
        """
        INSERT INTO lease AS l (name, owner, until) VALUES ($1, $2, clock_timestamp() + $3)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE l.owner = excluded.owner OR l.until < clock_timestamp()
        """,
        cancellationToken, Wave.One(name), Wave.One(owner), Of(timeToLive));

    public ValueTask<bool> RefreshLeaseAsync(string name, string owner, TimeSpan timeToLive, CancellationToken cancellationToken = default) => ChangeAsync(
        "UPDATE lease SET until = clock_timestamp() + $3 WHERE name = $1 AND owner = $2 AND until >= clock_timestamp()", cancellationToken,
        Wave.One(name), Wave.One(owner), Of(timeToLive));

    public ValueTask<bool> ReleaseLeaseAsync(string name, string owner, CancellationToken cancellationToken = default) =>
        ChangeAsync("DELETE FROM lease WHERE name = $1 AND owner = $2", cancellationToken, Wave.One(name), Wave.One(owner));

    public ValueTask<ClusterLease?> ReadLeaseAsync(string name, CancellationToken cancellationToken = default) => control.AskAsync(
        "SELECT owner, until - clock_timestamp() FROM lease WHERE name = $1 AND until >= clock_timestamp()", [Wave.One(name)],
        async (_, row, token) => await row.ReadAsync(token).ConfigureAwait(false) ? new ClusterLease(row.GetString(0), row.GetFieldValue<TimeSpan>(1)) : null, cancellationToken);

    public async ValueTask<IFormationLock> LockFormationAsync(CancellationToken cancellationToken = default) =>
        await LockAsync(AdvisoryLock.Formation, cancellationToken).ConfigureAwait(false);

    private static NpgsqlParameter Of(TimeSpan span) => new NpgsqlParameter<TimeSpan> { TypedValue = span, NpgsqlDbType = NpgsqlDbType.Interval };

    private ValueTask<bool> ChangeAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters) => calls.RunAsync(
        sessions.Control, options.ReadPatience,
        async (connection, token) =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in parameters) command.Parameters.Add(parameter.Clone());
            return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false) > 0;
        },
        cancellationToken);

    private async ValueTask<PartitionEpoch?> ClaimAsync(int partition, NodeIdentity owner, bool isPolite, CancellationToken cancellationToken)
    {
        SpoolOperations.CheckPartition(partition);
        var epoch = await calls.RunAsync(
            sessions.Control, options.ReadPatience,
            async (connection, token) =>
            {
                try
                {
                    return await TakeAsync(connection, partition, owner, isPolite, token).ConfigureAwait(false);
                }
                catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.LockNotAvailable)
                {
                    await EndWriterAsync(connection, partition, token).ConfigureAwait(false);
                    throw;
                }
            },
            cancellationToken).ConfigureAwait(false);
        return epoch is { } taken ? new PartitionEpoch(partition, taken) : null;
    }

    private static async ValueTask<long?> TakeAsync(NpgsqlConnection connection, int partition, NodeIdentity owner, bool isPolite, CancellationToken cancellationToken)
    {
        // Locked against transactions in flight, which hold it for sharing; what is read then is the truth until the commit.
        const string Look = "SELECT owner, incarnation, seen > clock_timestamp() - $2 FROM ownership WHERE partition = $1 FOR UPDATE";
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (var brief = new NpgsqlCommand(NotForLong, connection, transaction)) await brief.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        await using (var look = new NpgsqlCommand(Look, connection, transaction) { Parameters = { Wave.One(partition), Of(IPartitionOwnership.Patience) } })
        await using (var row = await look.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            await row.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (isPolite && !row.IsDBNull(0) && !MayTake(row.GetString(0), row.GetInt64(1), row.GetBoolean(2), owner)) return null;
        }

        await using var take = new NpgsqlCommand(Owns, connection, transaction) { Parameters = { Wave.One(partition), Wave.One(owner.Name), Wave.One(owner.Incarnation) } };
        var epoch = (long)(await take.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return epoch;
    }

    private static bool MayTake(string name, long incarnation, bool isFresh, NodeIdentity owner) =>
        name == owner.Name ? incarnation <= owner.Incarnation : !isFresh;

    /// <summary>
    /// A node that was stopped in the middle of sending a transaction holds what it has locked for as long as it is stopped, and
    /// its connection stays. Ended, the transaction did not happen; when the node wakes up it finds the partition taken.
    /// </summary>
    private async ValueTask EndWriterAsync(NpgsqlConnection connection, int partition, CancellationToken cancellationToken)
    {
        const string End =
            """
            SELECT coalesce(o.owner, ''), pg_terminate_backend(a.pid, 2000) FROM ownership o
            JOIN pg_stat_activity a ON a.application_name = 'milswitch ' || o.incarnation || ' writer' AND a.datname = current_database()
            WHERE o.partition = $1
            """;
        await using var end = new NpgsqlCommand(End, connection) { Parameters = { Wave.One(partition) } };
        await using var row = await end.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await row.ReadAsync(cancellationToken).ConfigureAwait(false)) SpoolLog.Ended(logger, row.GetString(0), partition);
    }
}
