using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Log;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Keys;
using MilSwitch.Testing;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

[SupportedOSPlatform("linux")]
[Trait("Feature", "R-05")]
public sealed class ProxyLogTests : IDisposable
{
    private readonly Workspace folder = new("proxylog");
    private readonly FakeTimeProvider time = new(Now);

    private string File => folder["proxies.log"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Has_a_line_for_every_certificate_before_it_is_handed_out()
    {
        using var log = await ProxyLogFile.OpenAsync(File, time);
        using var authority = Authority(log, time, Settings with { GatewayKeys = [RsaKey, EcKey] });
        var first = await authority.IssueAsync("bob@north.example");
        Assert.Equal(2, log.Head.Number);
        var lines = System.IO.File.ReadAllLines(File);
        Assert.StartsWith("{\"number\":1,\"previous\":\"" + new string('0', 96) + "\",\"time\":\"2026-03-04T05:06:07Z\",\"recipient\":\"bob@north.example\",\"serial\":\"" + first.SerialText, lines[0], StringComparison.Ordinal);
        Assert.Contains("\"previous\":\"" + Convert.ToHexStringLower(SHA384.HashData(Encoding.UTF8.GetBytes(lines[0]))), lines[1], StringComparison.Ordinal);
        var verdict = await VerifyAsync();
        Assert.True(verdict.IsGood);
        Assert.Equal(log.Head, verdict.Head);
    }

    [Fact]
    public async Task Goes_on_where_it_ended()
    {
        await FillAsync(3);
        await FillAsync(2);
        Assert.Equal(5, (await VerifyAsync()).Head.Number);
    }

    [Fact]
    public async Task Names_the_first_line_that_is_not_as_it_was_written()
    {
        await FillAsync(5);
        var lines = System.IO.File.ReadAllLines(File);
        await Bad(3, "another", [.. lines[..2], lines[2].Replace("u2@", "ux@", StringComparison.Ordinal), .. lines[3..]], 4);
        await Bad(3, "taken out", [.. lines[..2], .. lines[3..]]);
        await Bad(3, "put in", [.. lines[..2], lines[1], .. lines[2..]]);
        await Bad(2, "exchanged", [lines[0], lines[2], lines[1], .. lines[3..]]);
        await Bad(1, "none", ["", .. lines]);
        await Bad(5, "spaced", [.. lines[..4], lines[4].Replace(",\"time\"", ", \"time\"", StringComparison.Ordinal)]);
        await Bad(5, "doubled", [.. lines[..4], lines[4].Replace("{", "{\"number\":5,", StringComparison.Ordinal)]);
        await Bad(5, "longer", [.. lines[..4], lines[4][..^1] + ",\"more\":1}"]);
        await Bad(6, "too long", [.. lines, new string('x', 20_000)]);

        async Task Bad(long line, string what, string[] changed, long? seen = null)
        {
            System.IO.File.WriteAllText(File, string.Join('\n', changed) + "\n");
            var verdict = await VerifyAsync();
            Assert.True((seen ?? line) == verdict.FirstBadLine, $"{what}: {verdict}");
            await Assert.ThrowsAsync<ProxyLogException>(() => ProxyLogFile.OpenAsync(File, time));
        }
    }

    [Fact]
    public async Task Every_changed_octet_shows()
    {
        await FillAsync(3);
        var octets = System.IO.File.ReadAllBytes(File);
        for (var i = 0; i < octets.Length; i++)
        {
            var changed = (byte[])octets.Clone();
            changed[i] ^= 1;
            // The last line has nobody behind it: what is changed there shows against a head that was kept.
            var verdict = await ProxyLog.VerifyAsync(new MemoryStream(changed));
            Assert.False(verdict.IsGood && verdict.Head == (await ProxyLog.VerifyAsync(new MemoryStream(octets))).Head, $"octet {i}");
        }
    }

    [Fact]
    public async Task Cuts_off_a_last_line_that_was_broken_off()
    {
        await FillAsync(2);
        System.IO.File.AppendAllText(File, "{\"number\":3,\"prev");
        Assert.True((await VerifyAsync()) is { IsTorn: true, FirstBadLine: 3 });
        await FillAsync(1);
        Assert.Equal(3, (await VerifyAsync()).Head.Number);
        Assert.True((await VerifyAsync()).IsGood);
    }

    [RequiresFact("openssl", "bash")]
    public async Task Anybody_can_verify_it_with_a_shell_and_openssl()
    {
        await FillAsync(4);
        const string Script = """
            prev=$(printf '0%.0s' $(seq 96)) n=0
            while IFS= read -r line; do
              n=$((n + 1))
              case $line in "{\"number\":$n,\"previous\":\"$prev\","*) ;; *) echo "line $n does not follow"; exit 1 ;; esac
              prev=$(printf %s "$line" | openssl dgst -sha384 -r | cut -d' ' -f1)
            done
            echo "$n lines, head $prev"
            """;
        var (exit, output) = await RunAsync("bash", "-c", Script.Replace("done", "done < " + File, StringComparison.Ordinal));
        Assert.Equal((0, $"4 lines, head {(await VerifyAsync()).Head.Hash}"), (exit, output.TrimEnd()));
    }

    [RequiresFact(Requirement.Root, "mount")]
    [Trait("Threat", "F6")]
    public async Task Takes_nothing_half_when_the_volume_is_full_and_goes_on_when_there_is_room()
    {
        var volume = folder["volume"];
        Directory.CreateDirectory(volume);
        // A container may be root and still not mount anything.
        if ((await RunAsync("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", volume)).ExitCode is not 0) return;
        try
        {
            var path = Path.Combine(volume, "proxies.log");
            using var log = await ProxyLogFile.OpenAsync(path, time);
            using var authority = Authority(log, time);
            var issued = 0;
            while (await authority.IssueAsync(new ProxyRequest(Domain.Addressing.Mailbox.Parse($"u{issued}@north.example"), "test")) is ProxyAnswer.Issued) issued++;
            Assert.InRange(issued, 5, 60);
            Assert.Equal(issued, log.Head.Number);
            Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.LogAway), await authority.IssueAsync(new ProxyRequest(Bob, "test")));
            Assert.Equal(0, (await RunAsync("mount", "-o", "remount,size=64k", volume)).ExitCode);
            await authority.IssueAsync("bob@north.example");
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            Assert.Equal(new ProxyLogHead(issued + 1, log.Head.Hash), (await ProxyLog.VerifyAsync(stream)).Head);
        }
        finally
        {
            await RunAsync("umount", "-l", volume);
        }
    }

    [Fact]
    public async Task Is_open_in_one_process_at_a_time()
    {
        using var log = await ProxyLogFile.OpenAsync(File, time);
        await Assert.ThrowsAsync<ProxyLogException>(() => ProxyLogFile.OpenAsync(File, time));
    }

    [Fact]
    public async Task Is_readable_for_its_group_and_nobody_else()
    {
        using var log = await ProxyLogFile.OpenAsync(File, time);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task Signs_no_checkpoint_again_that_it_finds_when_it_is_opened()
    {
        var (signer, certificate) = Auditor();
        using (var log = await ProxyLogFile.OpenAsync(File, time, signer, checkpointEvery: 2))
        {
            using var authority = Authority(log, time);
            for (var i = 0; i < 2; i++) await authority.IssueAsync($"u{i}@north.example");
            Assert.Equal(3, log.Head.Number);
        }

        using (var again = await ProxyLogFile.OpenAsync(File, time, signer, checkpointEvery: 2))
        {
            Assert.True(await again.CheckpointAsync());
            Assert.Equal(3, again.Head.Number);
            using var authority = Authority(again, time);
            await authority.IssueAsync("u2@north.example");
            Assert.Equal(4, again.Head.Number);
        }

        Assert.Equal(3, (await VerifyAsync(certificate)).LastCheckpoint);
        // Another signer vouches for nothing that it did not sign.
        using var other = await ProxyLogFile.OpenAsync(File, time, Edwards().Key, checkpointEvery: 100);
        Assert.True(await other.CheckpointAsync());
        Assert.Equal(5, other.Head.Number);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Signs_checkpoints_that_only_its_signer_can_make(bool isEdwards)
    {
        var (signer, certificate) = isEdwards ? Edwards() : Auditor();
        using (var log = await ProxyLogFile.OpenAsync(File, time, signer, checkpointEvery: 3))
        {
            using var authority = Authority(log, time);
            for (var i = 0; i < 4; i++) await authority.IssueAsync($"u{i}@north.example");
            Assert.Equal(5, log.Head.Number);
            Assert.True(await log.CheckpointAsync());
            Assert.True(await log.CheckpointAsync());
            Assert.Equal(6, log.Head.Number);
        }

        Assert.Equal(6, (await VerifyAsync(certificate)).LastCheckpoint);
        Assert.Equal(4, (await VerifyAsync(Auditor().Certificate)).FirstBadLine);
        // Whoever rewrites the chain can't sign it.
        var lines = System.IO.File.ReadAllLines(File);
        var forged = lines[3].Replace(Hash(lines[2]), Hash(lines[2] = lines[2].Replace("u2@", "ux@", StringComparison.Ordinal)), StringComparison.Ordinal);
        System.IO.File.WriteAllText(File, string.Join('\n', [.. lines[..3], forged]) + "\n");
        Assert.True((await VerifyAsync()).IsGood);
        var verdict = await VerifyAsync(certificate);
        Assert.Equal((4, "the checkpoint's signature does not verify"), (verdict.FirstBadLine, verdict.Fault));
    }

    [Fact]
    public async Task A_checkpoint_whose_key_is_away_stops_nothing()
    {
        var signer = new FaultySigner(Auditor().Key) { IsAway = true };
        using var log = await ProxyLogFile.OpenAsync(File, time, signer, checkpointEvery: 1);
        using var authority = Authority(log, time);
        await authority.IssueAsync("bob@north.example");
        Assert.False(await log.CheckpointAsync());
        signer.IsAway = false;
        Assert.True(await log.CheckpointAsync());
        Assert.Equal(2, log.Head.Number);
    }

    [Fact]
    public async Task No_value_ends_a_line()
    {
        using var log = await ProxyLogFile.OpenAsync(File, time);
        await log.AppendAsync([new ProxyLogRecord(Now, "jörg+\"x\"@north.example", "01", "02", Now, "ldap \n\r\u2028\u0000{\"number\":2}")]);
        Assert.Equal(1, (await VerifyAsync()).Head.Number);
        Assert.Contains("jörg+", System.IO.File.ReadAllText(File), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProxyLogException>(async () => await log.AppendAsync([new ProxyLogRecord(Now, new string('x', 20_000), "", "", Now, "")]));
        Assert.True((await VerifyAsync()).IsGood);
    }

    [Fact]
    public async Task Takes_no_line_that_it_could_not_read_again()
    {
        using (var log = await ProxyLogFile.OpenAsync(File, time))
        {
            await Assert.ThrowsAsync<ProxyLogException>(async () => await log.AppendAsync([new ProxyLogRecord(Now, "bob@north.example", "01", "02", Now, "ldap half a pair \ud83d")]));
            Assert.Equal(ProxyLogHead.Empty, log.Head);
            await log.AppendAsync([new ProxyLogRecord(Now, "bob@north.example", "01", "02", Now, "ldap a whole pair \ud83d\ude00")]);
        }

        using var again = await ProxyLogFile.OpenAsync(File, time);
        Assert.Equal(1, again.Head.Number);
    }

    [Theory]
    [InlineData(254, 256)]
    [InlineData(255, 255)]
    [InlineData(256, 256)]
    public void Cuts_a_long_requester_between_characters(int before, int length)
    {
        var cut = ProxyRequest.Cut(new string('x', before) + "\ud83d\ude00 and more");
        Assert.Equal(length, cut.Length);
        Assert.False(char.IsHighSurrogate(cut[^1]));
    }

    private static string Hash(string line) => Convert.ToHexStringLower(SHA384.HashData(Encoding.UTF8.GetBytes(line)));

    private static (ISigningKey Key, Certificate Certificate) Auditor()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=Log", key, HashAlgorithmName.SHA256).CreateSelfSigned(Now.AddDays(-1), Now.AddDays(30));
        return (SoftwareSigningKey.Create(key.ExportPkcs8PrivateKey(), certificate.RawData), Certificate.Read(certificate.RawData));
    }

    private static (ISigningKey Key, Certificate Certificate) Edwards()
    {
        using var made = SoftwareKey.Generate("ed25519");
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName("CN=Log"), PublicKey.CreateFromSubjectPublicKeyInfo(made.PublicKeyInfo.Span, out _), HashAlgorithmName.SHA256);
        using var certificate = request.Create(new X500DistinguishedName("CN=Issuer"), X509SignatureGenerator.CreateForECDsa(issuer), Now.AddDays(-1), Now.AddDays(30), [1]);
        return (SoftwareSigningKey.Create(made.Pkcs8, certificate.RawData), Certificate.Read(certificate.RawData));
    }

    private async Task FillAsync(int count)
    {
        using var log = await ProxyLogFile.OpenAsync(File, time);
        using var authority = Authority(log, time);
        for (var i = 0; i < count; i++) await authority.IssueAsync($"u{i}@north.example");
    }

    private async Task<ProxyLogVerdict> VerifyAsync(Certificate? signer = null)
    {
        await using var stream = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return await ProxyLog.VerifyAsync(stream, signer);
    }
}
