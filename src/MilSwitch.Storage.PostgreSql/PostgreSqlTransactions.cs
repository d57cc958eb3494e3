using System.Data;
using System.Globalization;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Spool;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>
/// Sends what was collected when it is committed, in one round trip and one transaction of the server's. On the writer's
/// thread only, except for <see cref="Hurry"/>.
/// </summary>
/// <remarks>
/// A transaction is sent as if everything in it were new and nobody else had the partitions, and the server refuses it as a
/// whole where that is not so: then what it missed is looked up, and it is sent again. Each has a number in the row of this
/// run. After a connection broke in the middle, the server's session is ended and the number says whether it happened.
/// </remarks>
internal sealed class PostgreSqlTransactions : ISpoolTransactions, IDisposable
{
    private const int MostAttempts = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly HashSet<long> Nothing = [];

    private readonly Sessions sessions;
    private readonly int run;
    private readonly TimeSpan patience;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Action letGo;
    private readonly ManualResetEventSlim hurry = new();
    private readonly Queue<SpoolRequest> todo = new();
    private readonly Wave wave;
    private readonly Dictionary<Guid, long> owners = [];
    private readonly AuditChain chain = new();
    private readonly byte[] auditHash = new byte[AuditChain.HashLength];
    private readonly byte[] committedHash = new byte[AuditChain.HashLength];
    private NpgsqlConnection? connection;
    private int backend;
    private long auditSequence, committedSequence;
    private long turn;
    private long awaySince;
    private bool isCareful, isUnknown, isUndecided, anyDone;

    /// <param name="sessions">Its session for writing is used here alone.</param>
    /// <param name="run">This run.</param>
    /// <param name="options">How patient it is.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logger">Log.</param>
    /// <param name="letGo">Told that contents may be removed.</param>
    public PostgreSqlTransactions(Sessions sessions, int run, PostgreSqlSpoolOptions options, TimeProvider time, ILogger logger, Action letGo)
    {
        this.sessions = sessions;
        this.run = run;
        patience = options.Patience;
        this.time = time;
        this.logger = logger;
        this.letGo = letGo;
        wave = new Wave(run);
    }

    /// <summary>The end is near: nothing waits for the store any more. On any thread.</summary>
    public void Hurry() => hurry.Set();

    public void Begin()
    {
        todo.Clear();
        wave.Clear();
        owners.Clear();
        isCareful = anyDone = false;
    }

    public void Apply(SpoolRequest request) => todo.Enqueue(request);

    public void Commit() => Drive();

    public void Settle()
    {
        if (isUndecided) Drive();
    }

    public void Rollback()
    {
        if (isUndecided) return;
        todo.Clear();
        wave.Clear();
        ForgetTrail();
    }

    public void Maintain()
    {
        // What has to be done beside commits is done on sessions of its own.
    }

    public void Probe()
    {
        try
        {
            Connected();
            Touch();
        }
        catch (Exception error) when (StoreFaults.IsOfStore(error))
        {
            Disconnect();
            throw Fault(error);
        }

        Reached();
    }

    public void Dispose()
    {
        Disconnect();
        hurry.Dispose();
    }

    private void Drive()
    {
        var attempts = 0;
        Action? lookUp = null;
        while (todo.Count > 0 || !wave.IsEmpty)
        {
            if (wave.IsEmpty) Gather();
            var isSent = false;
            try
            {
                Connected();
                if (isUnknown && HasHappened()) continue;
                lookUp?.Invoke();
                lookUp = null;
                if (wave.IsEmpty) continue;
                isSent = true;
                if (isCareful) SendCarefully(wave.Requests[0]);
                else Send();
                attempts = 0;
            }
            catch (Exception error)
            {
                var fault = StoreFaults.Of(error);
                ForgetTrail();
                if (fault is StoreFault.Lost)
                {
                    Disconnect();
                    MayWait(error);
                    continue;
                }

                // The server said what is wrong, so nothing of this attempt is left there.
                if (isSent) isUnknown = fault is StoreFault.Turn;
                if (fault is not (StoreFault.Other or StoreFault.Content or StoreFault.Full or StoreFault.Unwritable) && ++attempts <= MostAttempts)
                {
                    lookUp = fault switch { StoreFault.Fenced => DropFenced, StoreFault.Outdated => DropOutdated, StoreFault.Duplicate => FindOwners, _ => null };
                    isCareful |= fault is StoreFault.Repeated;
                    continue;
                }

                if (!isUndecided || fault is not (StoreFault.Other or StoreFault.Content)) throw Given(error);
                // Whoever waits for the undecided ones must hear something: one by one, who can't be stored is refused.
                if (isCareful) Refuse(wave.Requests[0]);
                isCareful = true;
                attempts = 0;
            }
        }

        isUndecided = false;
        owners.Clear();
    }

    private void Refuse(SpoolRequest request)
    {
        request.Result = new CommitResult(CommitStatus.Unwritable, []);
        wave.Remove(r => r == request);
        if (wave.IsEmpty) wave.Clear();
    }

    private void Gather()
    {
        isCareful = false;
        while (todo.TryPeek(out var next) && wave.TryAdd(next)) todo.Dequeue();
    }

    private void Send()
    {
        wave.Plan(owners, null, Nothing);
        foreach (var request in wave.Requests)
        {
            foreach (var audit in Wave.EventsOf(request, owners, withDuplicates: true)) wave.AddAudit(chain, ++auditSequence, audit, auditHash);
        }

        using var batch = new NpgsqlBatch(connection);
        wave.AddChanges(batch, turn + 1, strictly: true);
        if (wave.HasRemarks) wave.AddRemarkGuard(batch, new AuditLookup(run, committedSequence));
        wave.AddTrail(batch);
        isUnknown = true;
        batch.ExecuteNonQuery();
        foreach (var command in batch.BatchCommands)
        {
            if (command.RecordsAffected > 0 && ReferenceEquals(command.CommandText, Statements.LetGo)) letGo();
        }

        Done();
    }

    /// <summary>One operation that may have been applied before, in several round trips.</summary>
    private void SendCarefully(SpoolRequest request)
    {
        FindOwners();
        var existing = Existing(request);
        wave.Plan(owners, request, existing);
        using var transaction = connection!.BeginTransaction();
        using var changes = new NpgsqlBatch(connection, transaction);
        wave.AddChanges(changes, turn + 1, strictly: false);
        var changed = 0L;
        using (var reader = changes.ExecuteReader())
        {
            do
            {
                while (reader.Read())
                {
                    if (reader.FieldCount == 1 && reader.GetFieldType(0) == typeof(long)) changed += reader.GetInt64(0);
                }
            }
            while (reader.NextResult());
        }

        var lookup = new AuditLookup(run, committedSequence);
        foreach (var audit in Wave.EventsOf(request, owners, withDuplicates: changed > 0))
        {
            if (changed > 0 || !Has(lookup, audit)) wave.AddAudit(chain, ++auditSequence, audit, auditHash);
        }

        if (wave.AuditCount > 0)
        {
            using var trail = new NpgsqlBatch(connection, transaction);
            wave.AddTrail(trail);
            trail.ExecuteNonQuery();
        }

        isUnknown = true;
        transaction.Commit();
        letGo();
        Done(request);
    }

    private bool Has(AuditLookup lookup, AuditEvent audit)
    {
        using var batch = new NpgsqlBatch(connection);
        lookup.Add(batch, Wave.Clean(audit));
        return batch.ExecuteScalar() is > 0L;
    }

    private void Done(SpoolRequest? only = null)
    {
        turn++;
        isUnknown = false;
        anyDone = true;
        committedSequence = auditSequence;
        auditHash.CopyTo(committedHash, 0);
        wave.Keep();
        if (only is null) wave.Clear();
        else
        {
            wave.Remove(request => request == only);
            if (wave.IsEmpty) wave.Clear();
        }

        Reached();
    }

    /// <summary>After a break: true when the transaction that was under way happened. The server's session that had it is gone.</summary>
    private bool HasHappened()
    {
        using var command = new NpgsqlCommand("SELECT batch FROM run WHERE id = $1", connection) { Parameters = { Wave.One(run) } };
        var reached = command.ExecuteScalar() as long? ?? throw new InvalidOperationException("The record of this run is gone from the store.");
        if (reached == turn)
        {
            isUnknown = false;
            SpoolLog.Settled(logger, false);
            return false;
        }

        if (reached != turn + 1) throw new InvalidOperationException("Somebody else writes as this run.");
        // Where it ended the trail is read back: the events had been planned, and were forgotten with the connection.
        using var head = new NpgsqlCommand("SELECT seq, hash FROM audit_end WHERE run = $1 AND name = 'head'", connection) { Parameters = { Wave.One(run) } };
        using (var reader = head.ExecuteReader())
        {
            if (reader.Read())
            {
                auditSequence = reader.GetInt64(0);
                reader.GetFieldValue<byte[]>(1).CopyTo(auditHash, 0);
            }
        }

        // It is seen, but a standby that must have it may not; this commit comes behind it, and does not end before.
        Touch();
        SpoolLog.Settled(logger, true);
        letGo();
        Done(isCareful ? wave.Requests[0] : null);
        return true;
    }

    /// <summary>A commit that changes nothing else.</summary>
    private void Touch()
    {
        using var command = new NpgsqlCommand("UPDATE run SET seen = clock_timestamp() WHERE id = $1", connection) { Parameters = { Wave.One(run) } };
        command.ExecuteNonQuery();
    }

    /// <summary>Another node has some of the partitions: their operations end here.</summary>
    private void DropFenced()
    {
        var current = new Dictionary<int, long>();
        using (var command = new NpgsqlCommand("SELECT partition, epoch FROM ownership", connection))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read()) current[reader.GetInt32(0)] = reader.GetInt64(1);
        }

        wave.Remove(request =>
        {
            var (partition, epoch) = request.Operation.Owner;
            if (current.TryGetValue(partition, out var valid) && valid == epoch) return false;
            request.Result = new CommitResult(CommitStatus.Fenced, []);
            return true;
        });
        if (wave.IsEmpty) wave.Clear();
    }

    /// <summary>Rules or settings are newer than those by which some of it was judged: that part ends here.</summary>
    private void DropOutdated()
    {
        using var command = new NpgsqlCommand(Statements.Policy, connection);
        var current = (long)command.ExecuteScalar()!;
        wave.Remove(request =>
        {
            if (request.Operation.Policy is not { } policy || policy == current) return false;
            request.Result = new CommitResult(CommitStatus.Outdated, []);
            return true;
        });
        if (wave.IsEmpty) wave.Clear();
    }

    /// <summary>Whose the keys of recipients are that were accepted before.</summary>
    private void FindOwners()
    {
        var keys = wave.AllKeys.Distinct().ToList();
        if (keys.Count == 0) return;
        using var command = new NpgsqlCommand("SELECT key, message FROM duplicate WHERE key = ANY ($1)", connection) { Parameters = { Wave.Of(keys, NpgsqlDbType.Uuid) } };
        using var reader = command.ExecuteReader();
        while (reader.Read()) owners[reader.GetGuid(0)] = reader.GetInt64(1);
    }

    private HashSet<long> Existing(SpoolRequest request)
    {
        var existing = new HashSet<long>();
        var accept = request.Operation.Accept;
        for (var i = 0; i < accept.Length; i++)
        {
            using var command = new NpgsqlCommand("SELECT checksum FROM message WHERE id = $1", connection) { Parameters = { Wave.One(accept[i].Id.Value) } };
            if (command.ExecuteScalar() is not long stored) continue;
            if (stored != EnvelopeCodec.Checksum(request.Envelope(i), accept[i].Trace.Span, accept[i].Content.Digest.Span))
                throw new InvalidOperationException($"Another message has the id {accept[i].Id}.");
            existing.Add(accept[i].Id.Value);
        }

        return existing;
    }

    private NpgsqlConnection Connected()
    {
        // The driver ends a session by itself after some of the server's errors, want of space among them.
        if (connection is { State: ConnectionState.Open }) return connection;
        Disconnect();
        var opened = sessions.Writer.OpenConnection();
        try
        {
            if (backend != 0) EndSession(opened);
            backend = opened.ProcessID;
            return connection = opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The session before this one may still be at work, or wait for the rest of what was sent to it, with locks in its hands.
    /// It is known by its name as well: numbers of processes are used again.
    /// </summary>
    private void EndSession(NpgsqlConnection opened)
    {
        const string Gone =
            """
            SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
            WHERE pid = $1 AND pid <> pg_backend_pid() AND application_name = $2 AND datname = current_database()
            """;
        using var end = new NpgsqlCommand(Gone, opened) { Parameters = { Wave.One(backend), Wave.One(Sessions.WriterName(run)) } };
        end.ExecuteScalar();
    }

    private void Disconnect()
    {
        if (connection is null) return;
        connection.Dispose();
        connection = null;
        // One that is sound but of a server that takes no writes must not come back from the pool.
        sessions.Writer.Clear();
    }

    private void MayWait(Exception error)
    {
        if (awaySince == 0)
        {
            awaySince = time.GetTimestamp();
            SpoolLog.Lost(logger, error);
        }

        if (time.GetElapsedTime(awaySince) < patience && !hurry.Wait(Pause)) return;
        throw Given(error);
    }

    private void Reached()
    {
        if (awaySince == 0) return;
        SpoolLog.Back(logger, time.GetElapsedTime(awaySince).TotalSeconds);
        awaySince = 0;
    }

    private void ForgetTrail()
    {
        auditSequence = committedSequence;
        committedHash.CopyTo(auditHash, 0);
    }

    /// <summary>
    /// What the writer hears. Where something of what was collected is in the store, or may be, nobody may hear that nothing is:
    /// the rest is sent when the store is back.
    /// </summary>
    private Exception Given(Exception error)
    {
        var fault = Fault(error);
        isUndecided = StoreFaults.Of(error) is not (StoreFault.Other or StoreFault.Content) && (isUnknown || anyDone || isUndecided);
        return isUndecided ? new SpoolFaultException(SpoolFault.Undecided, fault.Message, error) : fault;
    }

    private static Exception Fault(Exception error) => StoreFaults.Of(error) switch
    {
        StoreFault.Other => error,
        StoreFault.Full => new SpoolFaultException(SpoolFault.Full, "The server of the store has no space.", error),
        StoreFault.Content => new SpoolFaultException(SpoolFault.Damaged, "A content that was stored ahead is no longer whole.", error),
        var other => new SpoolFaultException(SpoolFault.Unwritable, string.Create(CultureInfo.InvariantCulture, $"The store is away ({other})."), error),
    };
}
