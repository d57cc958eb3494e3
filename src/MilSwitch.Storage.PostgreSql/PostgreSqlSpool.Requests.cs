using MilSwitch.Domain.Operations;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>What became of requests that have a key. There are few: each clears up after those before it.</summary>
public sealed partial class PostgreSqlSpool : IRequestStore
{
    public async ValueTask<RequestClaim> ClaimRequestAsync(string caller, string key, ReadOnlyMemory<byte> fingerprint, CancellationToken cancellationToken = default)
    {
        const string Old = "DELETE FROM request WHERE began < clock_timestamp() - $1";
        const string Take = "INSERT INTO request (caller, key, fingerprint, run, claim) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (caller, key) DO NOTHING";
        const string Look =
            """
            SELECT q.fingerprint, q.claim, coalesce(q.run = $3 OR r.seen > clock_timestamp() - $4, false), q.status, q.type, q.tag, q.body
            FROM request q LEFT JOIN run r ON r.id = q.run WHERE q.caller = $1 AND q.key = $2
            """;
        (caller, key) = (StoreText.Clean(caller), StoreText.Clean(key));
        var claim = Guid.NewGuid();
        return await calls.RunAsync(
            sessions.Control, options.ReadPatience,
            async (connection, token) =>
            {
                await using (var batch = new NpgsqlBatch(connection))
                {
                    Wave.Add(batch, Old, Of(options.RequestLifetime));
                    Wave.Add(batch, Take, Wave.One(caller), Wave.One(key), Bytes(fingerprint), Wave.One(Run), new NpgsqlParameter<Guid> { TypedValue = claim });
                    await batch.ExecuteNonQueryAsync(token).ConfigureAwait(false);
                }

                await using var look = new NpgsqlCommand(Look, connection) { Parameters = { Wave.One(caller), Wave.One(key), Wave.One(Run), Of(options.RunTimeout) } };
                await using var row = await look.ExecuteReaderAsync(token).ConfigureAwait(false);
                // It was given up, or forgotten, in this moment.
                if (!await row.ReadAsync(token).ConfigureAwait(false)) return new RequestClaim(RequestState.UnderWay);
                if (!SpoolReader.Octets(row, 0).AsSpan().SequenceEqual(fingerprint.Span)) return new RequestClaim(RequestState.Differs);
                if (row.IsDBNull(3)) return new RequestClaim(row.GetGuid(1) == claim ? RequestState.Taken : row.GetBoolean(2) ? RequestState.UnderWay : RequestState.Lost);
                return new RequestClaim(
                    RequestState.Answered,
                    new RequestAnswer(row.GetInt32(3), row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), SpoolReader.Octets(row, 6)));
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask CompleteRequestAsync(string caller, string key, RequestAnswer answer, CancellationToken cancellationToken = default)
    {
        const string Keep = "UPDATE request SET status = $4, type = $5, tag = $6, body = $7 WHERE caller = $1 AND key = $2 AND run = $3";
        // The newest stay, so many of each caller and so many octets of all.
        const string Forget =
            """
            DELETE FROM request q USING (
                SELECT caller, key, row_number() OVER (PARTITION BY caller ORDER BY began DESC) AS n, sum(octet_length(body)) OVER (ORDER BY began DESC, caller, key) AS octets
                FROM request WHERE status IS NOT NULL) AS r
            WHERE q.caller = r.caller AND q.key = r.key AND (r.n > $1 OR r.octets > $2)
            """;
        await calls.RunAsync(
            sessions.Control, options.ReadPatience,
            async (connection, token) =>
            {
                await using var batch = new NpgsqlBatch(connection);
                Wave.Add(
                    batch, Keep, Wave.One(StoreText.Clean(caller)), Wave.One(StoreText.Clean(key)), Wave.One(Run), Wave.One(answer.Status),
                    Wave.One(StoreText.Clean(answer.Type)), Wave.One(StoreText.Clean(answer.Tag)), Bytes(answer.Body));
                Wave.Add(batch, Forget, Wave.One(options.RequestsPerCaller), Wave.One(options.RequestOctets));
                return await batch.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask AbandonRequestAsync(string caller, string key, CancellationToken cancellationToken = default) => await ChangeAsync(
        "DELETE FROM request WHERE caller = $1 AND key = $2 AND run = $3 AND status IS NULL", cancellationToken,
        Wave.One(StoreText.Clean(caller)), Wave.One(StoreText.Clean(key)), Wave.One(Run)).ConfigureAwait(false);

    private static NpgsqlParameter Bytes(ReadOnlyMemory<byte> octets) => new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = octets, NpgsqlDbType = NpgsqlDbType.Bytea };
}
