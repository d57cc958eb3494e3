using Microsoft.Extensions.Time.Testing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Folders;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Lookup.Tests.Finding;

[Trait("Feature", "R-01")]
public sealed class FolderSourceTests : IDisposable
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private readonly Workspace workspace = new("certificates");
    private readonly FakeTimeProvider time = new(TestAuthority.Now);

    public void Dispose() => workspace.Dispose();

    [Fact]
    public async Task Finds_certificates_of_the_recipient_and_of_its_domain_s_authorities_in_files_of_any_form()
    {
        var (alice, gateway, dc) = (Root.Person("alice@unit.example"), Root.Gateway("unit.example"), Root.Issue(r => People.Encrypt(r), $"CN={People.Authority},DC=unit,DC=example"));
        File.WriteAllBytes(workspace["alice.cer"], alice.Encoded.ToArray());
        File.WriteAllText(workspace["domains.pem"], Pem(gateway) + "text between\n" + Pem(dc) + Pem(Root.Certificate));
        File.WriteAllBytes(workspace["bob.cer"], Root.Person("bob@unit.example").Encoded.ToArray());
        File.WriteAllText(workspace["readme.txt"], "these are certificates");
        using var source = Source();
        var found = Assert.IsType<SourceAnswer.Found>(await source.FindAsync(People.Mailbox("ALICE@Unit.example"), default));
        Assert.Equal([alice, gateway, dc], found.Certificates.Select(c => Certificate.Read(c.Der)));
        Assert.Equal(Root.Certificate, Certificate.Read(Assert.Single(found.Authorities)));
        Assert.Equal("readme.txt", Assert.Single(source.Problems).Split(':')[0]);
    }

    [Fact]
    public async Task Sees_files_that_come_change_and_go()
    {
        using var source = Source();
        Assert.IsType<SourceAnswer.None>(await FindAsync(source));
        File.WriteAllBytes(workspace["alice.cer"], Root.Person("alice@unit.example").Encoded.ToArray());
        Assert.IsType<SourceAnswer.None>(await FindAsync(source));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SourceAnswer.Found>(await FindAsync(source));
        File.WriteAllText(workspace["alice.cer"], "gone");
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SourceAnswer.None>(await FindAsync(source));
        Directory.Delete(workspace.Folder, recursive: true);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SourceAnswer.Unavailable>(await FindAsync(source));
    }

    [Fact]
    public async Task Stops_at_its_bounds()
    {
        File.WriteAllBytes(workspace["alice.cer"], Root.Person("alice@unit.example").Encoded.ToArray());
        File.WriteAllBytes(workspace["large.cer"], new byte[5_000]);
        using var source = Source(s => s with { MostFileOctets = 4_000 });
        Assert.IsType<SourceAnswer.Found>(await FindAsync(source));
        Assert.Contains("large.cer", Assert.Single(source.Problems), StringComparison.Ordinal);
        using var few = Source(s => s with { MostFiles = 1 });
        Assert.IsType<SourceAnswer.Unavailable>(await FindAsync(few));
        using var small = Source(s => s with { MostOctets = 1_024 });
        Assert.IsType<SourceAnswer.Unavailable>(await FindAsync(small));
        Assert.Throws<ArgumentException>(() => Source(s => s with { LookEvery = TimeSpan.Zero }));
    }

    [Fact]
    public async Task Sees_that_what_a_link_leads_to_has_changed_and_holds_it_to_the_bound()
    {
        // As a volume of Kubernetes has its files.
        Directory.CreateDirectory(workspace["..one"]);
        Directory.CreateDirectory(workspace["..two"]);
        File.WriteAllBytes(workspace["..one/alice.cer"], Root.Person("bob@unit.example").Encoded.ToArray());
        File.WriteAllBytes(workspace["..two/alice.cer"], Root.Person("alice@unit.example").Encoded.ToArray());
        File.SetLastWriteTimeUtc(workspace["..two/alice.cer"], TestAuthority.Now.UtcDateTime);
        Directory.CreateSymbolicLink(workspace["..data"], "..one");
        File.CreateSymbolicLink(workspace["alice.cer"], "..data/alice.cer");
        File.CreateSymbolicLink(workspace["nowhere.cer"], "..data/nowhere.cer");
        File.WriteAllBytes(workspace["..two/large.cer"], new byte[5_000]);
        File.CreateSymbolicLink(workspace["large.cer"], "..two/large.cer");
        using var source = Source(s => s with { MostFileOctets = 4_000 });
        Assert.IsType<SourceAnswer.None>(await FindAsync(source));
        Assert.Equal(["large.cer: larger than is read", "nowhere.cer: can't be read"], source.Problems.ToArray());
        File.Delete(workspace["nowhere.cer"]);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SourceAnswer.None>(await FindAsync(source));
        Directory.Delete(workspace["..data"]);
        Directory.CreateSymbolicLink(workspace["..data"], "..two");
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SourceAnswer.Found>(await FindAsync(source));
    }

    [Fact]
    public async Task Tries_a_file_again_that_could_not_be_read()
    {
        File.WriteAllBytes(workspace["alice.cer"], Root.Person("alice@unit.example").Encoded.ToArray());
        using var source = Source();
        using (new FileStream(workspace["alice.cer"], FileMode.Open, FileAccess.ReadWrite, FileShare.None)) Assert.IsType<SourceAnswer.None>(await FindAsync(source));
        Assert.Equal("alice.cer: can't be read", Assert.Single(source.Problems));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SourceAnswer.Found>(await FindAsync(source));
        Assert.Empty(source.Problems);
    }

    private static string Pem(Certificate certificate) => System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", certificate.Encoded.Span) + "\n";

    private static ValueTask<SourceAnswer> FindAsync(FolderSource source) => source.FindAsync(People.Mailbox("alice@unit.example"), default);

    private FolderSource Source(Func<FolderSettings, FolderSettings>? change = null)
    {
        var settings = new FolderSettings { Name = "test", Path = workspace.Folder };
        return new FolderSource(change is null ? settings : change(settings), time);
    }
}
