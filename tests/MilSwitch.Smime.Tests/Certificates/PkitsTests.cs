using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using MilSwitch.Smime.Certificates;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests.Certificates;

/// <summary>The NIST path validation suite, as far as it is at hand: every row of its table is a case.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "Q-02")]
[Trait("Threat", "C5")]
public sealed class PkitsTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset At = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Cases
    {
        get
        {
            var cases = new TheoryData<string>();
            foreach (var row in Rows(SharedVectors.File("pkits/expected-paths.tsv", NoOutput.Instance))) cases.Add(row[1]);
            // Without the material there is one case, which says so.
            if (cases.Count is 0) cases.Add("");
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Judges_as_the_suite_expects(string name)
    {
        if (SharedVectors.File("pkits/expected-paths.tsv", output) is not { } table) return;
        var row = Rows(table).Single(r => r[1] == name);
        var settings = row[5].Length > 2 ? JsonDocument.Parse(row[5].Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal)).RootElement : default;
        var options = Options(
            row[3].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(f => Certificate.Read(File("certs", f))),
            row[4].Split(',', StringSplitOptions.RemoveEmptyEntries).Append("TrustAnchorRootCRL.crl").Select(f => RevocationList.Read(File("crls", f)))) with
        {
            InitialPolicies = settings.ValueKind is JsonValueKind.Object && settings.TryGetProperty("user_initial_policy_set", out var set) ? [.. set.EnumerateArray().Select(p => p.GetString()!)] : [],
            InhibitMapping = settings.ValueKind is JsonValueKind.Object && settings.TryGetProperty("initial_policy_mapping_inhibit", out var inhibit) && inhibit.GetBoolean(),
        };
        var verdict = PathJudge.Judge(Certificate.Read(File("certs", row[2])), options);
        foreach (var finding in verdict.Findings) output.WriteLine($"{finding.Reason}: {finding.Certificate.Subject}: {finding.Detail}");
        Assert.Equal(row[6], verdict.IsValid ? "PASS" : "FAIL");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Judges_the_same_with_all_certificates_and_lists_at_hand(string name)
    {
        if (SharedVectors.File("pkits/expected-paths.tsv", output) is not { } table) return;
        var row = Rows(table).Single(r => r[1] == name);
        if (row[5] != "{}") return;
        var verdict = PathJudge.Judge(Certificate.Read(File("certs", row[2])), Everything.Value);
        foreach (var finding in verdict.Findings) output.WriteLine($"{finding.Reason}: {finding.Certificate.Subject}: {finding.Detail}");
        Assert.Equal(row[6], verdict.IsValid ? "PASS" : "FAIL");
    }

    private static readonly Lazy<PathOptions> Everything = new(() => Options(
        SharedVectors.Files("pkits/certs", "*.crt", NoOutput.Instance).Where(f => !f.Contains("TrustAnchor", StringComparison.Ordinal)).Select(f => Certificate.Read(System.IO.File.ReadAllBytes(f))),
        SharedVectors.Files("pkits/crls", "*.crl", NoOutput.Instance).Select(f => RevocationList.Read(System.IO.File.ReadAllBytes(f)))));

    private static PathOptions Options(IEnumerable<Certificate> certificates, IEnumerable<RevocationList> lists) => new()
    {
        Trust = new TrustMaterial([Certificate.Read(File("certs", "TrustAnchorRootCertificate.crt"))], certificates, lists),
        At = At,
        Revocation = RevocationMode.Require,
    };

    private static byte[] File(string folder, string name) => SharedVectors.File($"pkits/{folder}/{name}", NoOutput.Instance)!;

    private static string[][] Rows(byte[]? table) => table is null
        ? []
        : [.. Encoding.UTF8.GetString(table).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => l.TrimEnd('\r').Split('\t'))];

    private sealed class NoOutput : ITestOutputHelper
    {
        public static NoOutput Instance { get; } = new();

        public void WriteLine(string message)
        {
        }

        public void WriteLine(string format, params object[] args)
        {
        }
    }
}
