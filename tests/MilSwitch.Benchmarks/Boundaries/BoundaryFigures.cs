using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Benchmarks.Smime;
using MilSwitch.Integration.Boundaries;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Tests.Tokens;
using MilSwitch.Smime.Tokens;
using MilSwitch.Testing;

namespace MilSwitch.Benchmarks.Boundaries;

/// <summary>
/// The whole way of a message through a boundary beside the operations with private keys that it can't do without: one that opens
/// and one that signs, bare, with the same keys. It prints and demands nothing.
/// </summary>
internal static class BoundaryFigures
{
    private const double Wanted = 0.80;
    private const int Size = SmimeMaterial.Small;

    /// <param name="arguments"><c>--filter TEXT</c>: rows whose operation has it; <c>--quick</c>: fewer and shorter windows.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var filter = Array.IndexOf(arguments, "--filter") is var at && at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : "";
        var isQuick = arguments.Contains("--quick");
        Console.WriteLine("| operation | size | against | ours op/s | reference op/s | ratio | wanted | garbage |");
        Console.WriteLine("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |");
        using var workspace = new Workspace("boundary");
        using var border = new Border(workspace.Folder);
        var message = await SealedAsync(border);
        var contest = isQuick ? new Contest(5, TimeSpan.FromMilliseconds(50)) : new Contest(15, TimeSpan.FromMilliseconds(200));
        if (filter is not "token")
        {
            await using var passage = await BoundaryPassage.OpenAsync(workspace["software"], border, border.Keys, message);
            var (wrapped, digest) = (border.GatewayKey.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA256), SHA256.HashData("benchmark"u8));
            // On a thread of its own, as passages of the lower levels have it: keys in memory work where they are asked there.
            await Task.Factory.StartNew(CompareAllAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

            async Task CompareAllAsync()
            {
                // Until all of the code is compiled with what was seen of it: there is much of it, and it runs a few hundred times a second.
                for (var end = ThreadClock.Now + (isQuick ? 2 : 20); ThreadClock.Now < end;) await passage.CrossAsync();
                await CompareAsync("control: decrypt and sign, software keys", "itself", null, DecryptAndSign, DecryptAndSign);
                await CompareAsync("software: opening and verifying, RSA-2048", "decrypt", null, passage.OpenAsync, Decrypt);
                await CompareAsync("software: signing and encrypting, RSA-2048", "sign", null, passage.ProtectAsync, Sign);
                await CompareAsync("software: through the boundary, RSA-2048", "decrypt and sign", Wanted, passage.CrossAsync, DecryptAndSign);
            }

            async Task CompareAsync(string operation, string against, double? wanted, Func<ValueTask> ours, Func<ValueTask> bare)
            {
                if (!IsMeant(operation)) return;
                var figure = new Figure(operation, SmimeMaterial.Name(Size), against, wanted, ours, bare);
                Print(figure, await contest.RunAsync(figure));
            }

            ValueTask Decrypt()
            {
                border.GatewayKey.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256);
                return default;
            }

            ValueTask Sign()
            {
                border.SigningKey.SignHash(digest, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                return default;
            }

            async ValueTask DecryptAndSign()
            {
                await Decrypt();
                await Sign();
            }
        }

        if (IsMeant("token: through the boundary")) await TokenAsync(workspace["token"], border, message, isQuick ? 3 : 9, TimeSpan.FromMilliseconds(isQuick ? 500 : 2_000));
        return 0;

        bool IsMeant(string operation) => operation.Contains(filter, StringComparison.OrdinalIgnoreCase);
    }

    // Several threads work, so this row goes by the clock on the wall and wants an idle machine.
    private static async Task TokenAsync(string folder, Border border, byte[] message, int rounds, TimeSpan window)
    {
        if (Requirement.Missing(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers) is { } missing)
        {
            Console.WriteLine($"token rows are left out: {missing}");
            return;
        }

        const int sessions = 2;
        using var hsm = new SoftHsm();
        hsm.AddToken("bench");
        hsm.Import("bench", Border.Gateway, border.GatewayKey);
        hsm.Import("bench", Border.Signing, border.SigningKey);
        var tokens = $$"""
            tokens:
              - { name: bench, library: {{hsm.Module}}, label: bench, pin: { file: {{hsm.PinFile}} }, sessions: {{sessions}}, keys: [
                  { label: {{Border.Gateway}}, role: domain-confidentiality, certificate: {{border.CertificateOf(Border.Gateway)}} },
                  { label: {{Border.Signing}}, role: domain-signing, certificate: {{border.CertificateOf(Border.Signing)}} } ] }

            """;
        await using var passage = await BoundaryPassage.OpenAsync(folder, border, tokens, message);
        var bare = new BareToken(hsm, border, sessions);
        var (ours, reference, ratios) = (new double[rounds], new double[rounds], new double[rounds]);
        for (var i = -1; i < rounds; i++)
        {
            var (our, other) = i % 2 is 0 ? (await LoadAsync(passage, sessions, window), await bare.RateAsync(window)) : Swap(await bare.RateAsync(window), await LoadAsync(passage, sessions, window));
            // The first is thrown away.
            if (i >= 0) (ours[i], reference[i], ratios[i]) = (our, other, our / other);
        }

        var figure = new Figure("token: through the boundary, RSA-2048, two sessions", SmimeMaterial.Name(Size), "C_Decrypt and C_Sign", Wanted, passage.CrossAsync, () => default(ValueTask));
        Print(figure, new Outcome(Contest.Median(ours), Contest.Median(reference), Contest.Median(ratios), null));

        static (double, double) Swap(double first, double second) => (second, first);
    }

    // As many at one time as a switch takes across.
    private static async Task<double> LoadAsync(BoundaryPassage passage, int sessions, TimeSpan window)
    {
        await passage.CrossAsync();
        var begin = Stopwatch.GetTimestamp();
        var count = 0;
        await Task.WhenAll(Enumerable.Range(0, 4 * sessions).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(begin) < window)
            {
                await passage.CrossAsync();
                Interlocked.Increment(ref count);
            }
        })));
        return count / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static async Task<byte[]> SealedAsync(Border border) =>
        (await MessageProtector.SignAndEncryptAsync(Border.Compose("operations order", Encoding.Latin1.GetString(SmimeMaterial.Content(Size)[45..])), border.Signature(), border.Encryption())).ToArray();

    private static void Print(Figure figure, Outcome outcome) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {figure.Operation} | {figure.Size} | {figure.Against} | {outcome.Ours:N0} | {outcome.Reference:N0} | {outcome.Ratio:F3} | {(figure.Wanted is { } wanted ? wanted.ToString("F2", CultureInfo.InvariantCulture) : "")}"
        + $" | {(outcome.Garbage is { } octets ? $"{octets:N0}" : "")} |"));

    /// <summary>The two operations on sessions of their own, each thread with one, and nothing between it and the library.</summary>
    private sealed class BareToken(SoftHsm hsm, Border border, int sessions)
    {
        private readonly TokenOptions options = new()
        {
            Name = "bare", Library = hsm.Module, Label = "bench", PinFile = hsm.PinFile,
            Keys = [new TokenKeyOptions(Border.Gateway, KeyRole.DomainConfidentiality), new TokenKeyOptions(Border.Signing, KeyRole.DomainSigning)], Sessions = sessions,
        };

        private readonly TokenKeyIdentity gateway = Identity(border, Border.Gateway);
        private readonly TokenKeyIdentity signing = Identity(border, Border.Signing);
        private readonly byte[] wrapped = border.GatewayKey.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA256);
        private readonly byte[] toSign = TokenSignature.For(isRsa: true, HashAlgorithmName.SHA256, pss: false).DigestInfo(SHA256.HashData("benchmark"u8));

        /// <summary>Pairs of operations in a second.</summary>
        public async Task<double> RateAsync(TimeSpan window)
        {
            var counts = new double[sessions];
            using var start = new ManualResetEventSlim();
            var threads = Enumerable.Range(0, sessions).Select(i => Task.Factory.StartNew(
                () =>
                {
                    var session = TokenSession.Open(options, Pkcs11Library.At(options.Library));
                    var (opens, signs) = (session.Find(gateway), session.Find(signing));
                    start.Wait();
                    var begin = Stopwatch.GetTimestamp();
                    var count = 0;
                    for (; Stopwatch.GetElapsedTime(begin) < window; count++)
                    {
                        session.DecryptRaw(opens, wrapped);
                        session.SignPkcs1(signs, toSign);
                    }

                    counts[i] = count / Stopwatch.GetElapsedTime(begin).TotalSeconds;
                    session.Close();
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            start.Set();
            await Task.WhenAll(threads);
            return counts.Sum();
        }

        private static TokenKeyIdentity Identity(Border border, string name)
        {
            using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(border.CertificateOf(name));
            return new TokenKeyIdentity(name, certificate);
        }
    }
}
