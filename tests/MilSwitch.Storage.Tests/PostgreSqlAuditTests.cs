using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Testing;
using Npgsql;

namespace MilSwitch.Storage.Tests;

public sealed class PostgreSqlAuditTests : AuditContract
{
    private string connection = "";

    protected override string Further => ", run";

    public override async Task InitializeAsync()
    {
        connection = await (await PostgreSqlInstance.SharedAsync()).NewDatabaseAsync();
        await base.InitializeAsync();
    }

    protected override async Task<ISpool> OpenStoreAsync() =>
        await PostgreSqlSpool.OpenAsync(new PostgreSqlSpoolOptions { Connection = connection, Node = "n1" }, TimeProvider.System, NullLoggerFactory.Instance);

    protected override async Task ExecuteAsync(string sql)
    {
        await using var own = new NpgsqlConnection(connection + ";Pooling=false");
        await own.OpenAsync();
        await using var command = new NpgsqlCommand(sql, own);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }

    protected override string Literal(string hexadecimal) => $@"'\x{hexadecimal}'::bytea";

    protected override async Task<AuditReport> FromOutsideAsync()
    {
        await using var source = new PostgreSqlAuditSource(connection, TimeProvider.System);
        return await new AuditVerifier(source).VerifyAsync();
    }
}
