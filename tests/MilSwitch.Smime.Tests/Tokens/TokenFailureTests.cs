using System.Diagnostics;
using System.Security.Cryptography;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;
using MilSwitch.Testing;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tests.Tokens;

[Trait("Feature", "Q-01")]
[Trait("Threat", "F28")]
[Collection(TokenCollection.Name)]
public sealed class TokenFailureTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private static readonly byte[] Octets = "attributes to be signed"u8.ToArray();

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Repeats_once_what_failed_by_a_device_error()
    {
        using var setup = new Setup();
        await setup.SignAsync();
        setup.Hsm.Answer(ModuleCall.Sign, CKR.CKR_DEVICE_ERROR, times: 1);
        await setup.SignAsync();
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Falls_sick_when_failures_do_not_end_and_recovers()
    {
        using var setup = new Setup(deadline: TimeSpan.FromSeconds(3));
        await setup.SignAsync();
        setup.Hsm.Answer(ModuleCall.Sign, CKR.CKR_DEVICE_ERROR);
        setup.Hsm.Answer(ModuleCall.OpenSession, CKR.CKR_DEVICE_ERROR);
        for (var i = 0; i < 3; i++) await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(TokenState.Sick, setup.State);
        Assert.Contains("CKR_DEVICE_ERROR", setup.Directory.Health[0].Value.Reason, StringComparison.Ordinal);

        var waiting = setup.SignAsync();
        setup.Hsm.Answer(ModuleCall.OpenSession, CKR.CKR_OK);
        setup.Hsm.Answer(ModuleCall.Sign, CKR.CKR_OK);
        await waiting;
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Goes_on_when_another_session_logs_out_or_closes_all(bool logsOut)
    {
        using var setup = new Setup();
        await setup.SignAsync();
        var library = Pkcs11Library.At(setup.Hsm.Module);
        var slot = library.Find("one", null);
        var stranger = slot.OpenSession(SessionType.ReadOnly);
        if (logsOut) stranger.Logout();
        else slot.CloseAllSessions();
        for (var i = 0; i < 4; i++) await setup.SignAsync();
        Assert.Equal(TokenState.Working, setup.State);
        Assert.Equal(2, setup.Hsm.Calls(ModuleCall.Login));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Waits_for_a_token_that_was_taken_away()
    {
        using var setup = new Setup();
        await setup.SignAsync();
        var away = setup.Hsm.TokenFolder + "-away";
        System.IO.Directory.Move(setup.Hsm.TokenFolder, away);
        System.IO.Directory.CreateDirectory(setup.Hsm.TokenFolder);
        var waiting = setup.SignAsync();
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Sick, Soon, "the slot is sick");
        Assert.False(waiting.IsCompleted);

        System.IO.Directory.Delete(setup.Hsm.TokenFolder, recursive: true);
        System.IO.Directory.Move(away, setup.Hsm.TokenFolder);
        await waiting;
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "K4")]
    public async Task Shows_a_wrong_PIN_once_and_never_tells_it()
    {
        const string wrong = "PIN-CANARY-wrong";
        using var setup = new Setup(sessions: 8, pin: wrong);
        var fault = await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Refused, Soon, "the slot has been refused");
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(1, setup.Hsm.Calls(ModuleCall.Login));
        Assert.DoesNotContain("CANARY", fault + setup.Directory.Health[0].Value.Reason, StringComparison.Ordinal);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "K4")]
    public async Task Shows_no_PIN_that_everybody_can_read()
    {
        using var setup = new Setup(mode: UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(0, setup.Hsm.Calls(ModuleCall.Login));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Gives_up_a_thread_that_hangs_and_goes_on_with_another()
    {
        using var setup = new Setup(sessions: 1, callLimit: TimeSpan.FromMilliseconds(500));
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(5));
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await setup.SignAsync();
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Moves_work_to_another_slot_with_the_key()
    {
        using var setup = new Setup(second: true);
        await setup.SignAsync();
        await Eventually.ComesTrueAsync(() => setup.Directory.Health.All(h => h.Value.State is TokenState.Working), Soon, "both slots work");
        System.IO.Directory.Move(setup.FolderOf("one"), setup.Hsm.TokenFolder + "-away");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => setup.SignAsync()));
        Assert.Equal(TokenState.Working, setup.Directory.Health[1].Value.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Flash_overtakes_a_thousand_Routine()
    {
        using var setup = new Setup(sessions: 1);
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        var done = 0;
        var routine = Enumerable.Range(0, 1_000).Select(async _ =>
        {
            await setup.SignAsync();
            Interlocked.Increment(ref done);
        }).ToArray();
        await Eventually.ComesTrueAsync(() => setup.Hsm.Within > 0, Soon, "one is under way");
        var signs = setup.Hsm.Calls(ModuleCall.Sign);
        var flash = setup.Key.At(Precedence.Flash).SignAsync(Octets).AsTask();
        var atEnd = flash.ContinueWith(_ => setup.Hsm.Calls(ModuleCall.Sign), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        setup.Hsm.Delay(ModuleCall.Sign, TimeSpan.FromMilliseconds(20));
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await flash;
        // Each signature is two calls: one asks for the length.
        Assert.InRange(await atEnd - signs, 1, 2 * 3);
        setup.Hsm.Delay(ModuleCall.Sign, TimeSpan.Zero);
        await Task.WhenAll(routine);
        Assert.Equal(1_000, done);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Sixteen_sessions_work_side_by_side()
    {
        using var setup = new Setup(sessions: 16);
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        var work = Enumerable.Range(0, 64).Select(_ => setup.SignAsync()).ToArray();
        await Eventually.ComesTrueAsync(() => setup.Hsm.Within is 16, Soon, "sixteen calls are in the module");
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await Task.WhenAll(work);
        Assert.Equal(1, setup.Hsm.Calls(ModuleCall.Login));
    }

    private sealed class Setup : IDisposable
    {
        private readonly RSA rsa = RSA.Create(2048);
        private readonly HashSet<string> before = [];
        private readonly Dictionary<string, string> folders = [];

        public Setup(int sessions = 2, bool second = false, string pin = SoftHsm.Pin, UnixFileMode mode = UnixFileMode.UserRead, TimeSpan? deadline = null, TimeSpan? callLimit = null)
        {
            foreach (var token in second ? new[] { "one", "two" } : ["one"])
            {
                Hsm.AddToken(token);
                Hsm.Import(token, "signing", rsa);
                folders[token] = NewFolder(before);
            }

            SoftHsm.WritePin(Hsm.PinFile, pin);
            File.SetUnixFileMode(Hsm.PinFile, mode);
            Directory = new TokenDirectory([.. folders.Keys.Select(token => Options(token, sessions, deadline, callLimit))], TimeProvider.System);
            Key = Directory.Key("signing", SoftHsm.Certify(rsa));
        }

        public SoftHsm Hsm { get; } = new();

        public TokenDirectory Directory { get; }

        public TokenKey Key { get; }

        public TokenState State => Directory.Health[0].Value.State;

        public string FolderOf(string token) => folders[token];

        public async Task SignAsync() => Assert.True(rsa.VerifyData(Octets, await Key.SignAsync(Octets), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        public void Dispose()
        {
            Hsm.Hold(ModuleCall.Sign, on: false);
            Directory.Dispose();
            Hsm.Dispose();
            rsa.Dispose();
        }

        private string NewFolder(HashSet<string> known) => System.IO.Directory.GetDirectories(Hsm.TokenFolder).Single(known.Add);

        private TokenOptions Options(string token, int sessions, TimeSpan? deadline, TimeSpan? callLimit) => new()
        {
            Name = token, Library = Hsm.Module, Label = token, PinFile = Hsm.PinFile, Keys = [new TokenKeyOptions("signing", KeyRole.DomainSigning)], Sessions = sessions,
            Deadline = deadline ?? TimeSpan.FromSeconds(30), CallLimit = callLimit ?? TimeSpan.FromSeconds(10),
            PollInterval = TimeSpan.FromMilliseconds(200), ReinitialiseInterval = TimeSpan.FromMilliseconds(200),
        };
    }
}
