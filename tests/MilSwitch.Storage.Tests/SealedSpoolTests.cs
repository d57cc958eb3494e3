using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Storage.Tests;

/// <summary>The rules of a store hold for one whose contents are sealed, and nothing of them is on the disk.</summary>
public sealed class SealedSpoolTests : SpoolContract
{
    private static readonly byte[] Plain = Encoding.ASCII.GetBytes("CANARY the convoy leaves at first light\r\n");

    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, byte[]> keys = [];
    private string? current;

    public SealedSpoolTests() => NewKey();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_500)]
    [InlineData(8_000)]
    [InlineData(100_000)]
    public async Task No_file_has_anything_of_a_content(int repetitions)
    {
        var content = Repeated(repetitions);
        var id = NextId();
        await AcceptAsync(id, Envelope(), content);
        Assert.Equal(content, await ContentAsync(id));
        AssertNowhere();
        await ReopenAsync();
        Assert.Equal(content, await ContentAsync(id));
        AssertNowhere();
    }

    [Fact]
    public async Task What_was_stored_before_is_read_as_it_is()
    {
        current = null;
        await ReopenAsync();
        var (small, large) = (NextId(), NextId());
        await AcceptAsync(small, Envelope(), Octets(1_000));
        await AcceptAsync(large, Envelope(), Octets(200_000));
        NewKey();
        await ReopenAsync();
        Assert.Equal(Octets(1_000), await ContentAsync(small));
        Assert.Equal(Octets(200_000), await ContentAsync(large));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(200_000)]
    public async Task Tells_whether_anything_is_sealed_with_a_key(int length)
    {
        var before = current!;
        await AcceptAsync(NextId(), Envelope(), Octets(length));
        NewKey();
        await ReopenAsync();
        Assert.True(await Sqlite.IsSealedWithAsync(before));
        Assert.False(await Sqlite.IsSealedWithAsync(current!));
    }

    [Fact]
    public async Task A_file_that_is_lost_keeps_no_key()
    {
        await AcceptAsync(NextId(), Envelope(), Octets(200_000));
        File.Delete(Directory.GetFiles(Path.Combine(folder.Path, "content"), "*", SearchOption.AllDirectories).Single());
        Assert.False(await Sqlite.IsSealedWithAsync(current!));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(150_000)]
    [Trait("Threat", "F11")]
    public async Task A_changed_octet_of_a_file_makes_it_damaged(int position)
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(200_000));
        await ReopenAsync();
        using (var file = File.OpenHandle(Directory.GetFiles(Path.Combine(folder.Path, "content"), "*", SearchOption.AllDirectories).Single(), FileMode.Open, FileAccess.ReadWrite))
        {
            var octet = new byte[1];
            RandomAccess.Read(file, octet, position);
            octet[0] ^= 1;
            RandomAccess.Write(file, octet, position);
        }

        await Assert.ThrowsAsync<ContentDamagedException>(async () => await ContentAsync(id));
    }

    [Fact]
    public async Task A_content_is_read_from_its_file_before_anything_names_it()
    {
        retained = 0;
        await ReopenAsync();
        await using var writer = Spool.CreateContent();
        await writer.WriteAsync(Octets(500_000));
        await using var staged = await writer.CompleteAsync();
        Assert.Null(staged.ReadFromMemory());
        await using var reader = await staged.OpenAsync();
        var all = new byte[500_000];
        var filled = 0;
        // Pieces that end nowhere near the segments.
        while (await reader.ReadAsync(all.AsMemory(filled, Math.Min(7_777, all.Length - filled))) is > 0 and var count) filled += count;
        Assert.Equal(Octets(500_000), all);
    }

    protected override async Task<ISpool> OpenAsync()
    {
        var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = folder.Path, Retained = retained }, TimeProvider.System, NullLoggerFactory.Instance);
        spool.UseSeal(new ContentSeal(current, keys));
        return spool;
    }

    private long retained = 64 << 20;

    private SqliteSpool Sqlite => (SqliteSpool)Spool;

    private static byte[] Repeated(int times)
    {
        var all = new byte[Plain.Length * times];
        for (var i = 0; i < times; i++) Plain.CopyTo(all, i * Plain.Length);
        return all;
    }

    private void NewKey()
    {
        current = ContentSeal.NewName();
        keys[current] = RandomNumberGenerator.GetBytes(ContentSeal.KeyLength);
    }

    private void AssertNowhere()
    {
        foreach (var path in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Where(p => Path.GetFileName(p) is not "lock"))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var octets = new MemoryStream();
            file.CopyTo(octets);
            Assert.True(octets.ToArray().AsSpan().IndexOf("CANARY"u8) < 0, path + " has a piece of the content");
        }
    }
}
