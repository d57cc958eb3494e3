using MilSwitch.Domain.Spool;
using Npgsql;
using NpgsqlTypes;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>Finds an event that is in the trail already: of a message anywhere, of the switch itself among the last ones of this run.</summary>
internal readonly struct AuditLookup(int run, long sequence)
{
    private const int Recent = 1000;

    private const string Same = "at = $3 AND kind = $4 AND recipient = $5 AND detail = $6 AND actor IS NOT DISTINCT FROM $7";
    private const string OfMessage = "SELECT count(*) FROM audit WHERE message = $1 AND message <> 0 AND $2 = 0 AND " + Same;
    private const string OfSwitch = "SELECT count(*) FROM audit WHERE run = $1 AND seq > $2 AND message = 0 AND " + Same;

    /// <summary>Returns how many there are.</summary>
    public void Add(NpgsqlBatch batch, AuditEvent audit) => Add(batch, audit, "", "");

    /// <summary>Fails the transaction when there is one.</summary>
    public void AddGuard(NpgsqlBatch batch, AuditEvent audit) => Add(batch, audit, "SELECT expect((", "), 0)");

    private void Add(NpgsqlBatch batch, AuditEvent audit, string before, string after)
    {
        var isOfSwitch = audit.Message == default;
        Wave.Add(
            batch, before + (isOfSwitch ? OfSwitch : OfMessage) + after, Wave.One(isOfSwitch ? run : audit.Message.Value), Wave.One(isOfSwitch ? sequence - Recent : 0L),
            Wave.One(audit.At.ToUnixTimeMilliseconds()), new NpgsqlParameter<short> { TypedValue = (short)audit.Kind, NpgsqlDbType = NpgsqlDbType.Smallint },
            Wave.One(audit.Recipient), Wave.One(audit.Detail), Wave.One(audit.Actor));
    }
}
