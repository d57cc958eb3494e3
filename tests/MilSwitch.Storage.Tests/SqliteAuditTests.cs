using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Storage.Tests;

public sealed class SqliteAuditTests : AuditContract
{
    private readonly TemporaryFolder folder = new();

    protected override string Further => "";

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public void A_folder_in_use_is_left_alone() => Assert.Throws<DataFolderInUseException>(() => SqliteAuditFile.Open(folder.Path));

    [Fact]
    public async Task Nothing_is_written_where_it_is_verified()
    {
        await base.DisposeAsync();
        var before = Directory.EnumerateFileSystemEntries(folder.Path).Order(StringComparer.Ordinal).ToArray();
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            using var file = SqliteAuditFile.Open(folder.Path);
            Assert.Equal(10, (await new AuditVerifier(file).VerifyAsync()).Records);
        }
        finally
        {
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Assert.Equal(before, Directory.EnumerateFileSystemEntries(folder.Path).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("UPDATE audit SET kind = kind + 65536 WHERE seq = 4")]
    [InlineData("UPDATE audit SET recipient = recipient + 4294967296 WHERE seq = 4")]
    [InlineData("UPDATE audit SET detail = CAST(detail || char(0) || 'more' AS TEXT) WHERE seq = 4")]
    [InlineData("UPDATE audit SET detail = CAST(X'FF' AS TEXT) WHERE seq = 4")]
    [InlineData("UPDATE audit SET at = 9223372036854775807 WHERE seq = 4")]
    [InlineData("UPDATE audit SET hash = X'00' WHERE seq = 4")]
    public async Task What_no_program_of_ours_writes_is_found(string sql)
    {
        await base.DisposeAsync();
        await ExecuteAsync(sql);
        Assert.Equal((AuditFaultKind.Changed, 4), Assert.Single((await FromOutsideAsync()).Trails).Fault is { } fault ? (fault.Kind, fault.Sequence) : default);
    }

    protected override async Task<ISpool> OpenStoreAsync() => await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = folder.Path }, TimeProvider.System, NullLoggerFactory.Instance);

    protected override async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(folder.Path, "spool.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }

    protected override string Literal(string hexadecimal) => $"X'{hexadecimal}'";

    protected override async Task<AuditReport> FromOutsideAsync()
    {
        await base.DisposeAsync();
        using var file = SqliteAuditFile.Open(folder.Path);
        return await new AuditVerifier(file).VerifyAsync();
    }
}
