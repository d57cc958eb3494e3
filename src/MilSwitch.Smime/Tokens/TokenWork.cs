using System.Security.Cryptography;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Keys;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// One operation that somebody waits for. Done anew it yields the same or as good an outcome, so it may be repeated. The first
/// outcome counts; one that comes too late is cleared.
/// </summary>
internal sealed class TokenWork(Precedence precedence, TokenKeyIdentity key, Func<TokenSession, IObjectHandle, byte[]?> onToken, long due)
{
    private readonly TaskCompletionSource<byte[]?> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HashSet<TokenSlot>? failedOn;

    public Precedence Precedence => precedence;

    public TokenKeyIdentity Key => key;

    /// <summary>Time stamp at which the caller gives up.</summary>
    public long Due => due;

    /// <summary>Order of arrival in its level.</summary>
    public long Sequence { get; set; }

    /// <summary>The same in words that another node understands; null: it may not leave this one.</summary>
    public KeyOperation? Operation { get; init; }

    /// <summary>No other node could do it when they were asked, or they may not be asked.</summary>
    public bool IsBound { get; set; }

    /// <summary>It failed once on the slot that has it.</summary>
    public bool IsRepeated { get; set; }

    public Task<byte[]?> Outcome => outcome.Task;

    public bool IsOver => outcome.Task.IsCompleted;

    public byte[]? Do(TokenSession session) => onToken(session, session.Find(key));

    public void Succeed(byte[]? result)
    {
        if (!outcome.TrySetResult(result) && result is not null) CryptographicOperations.ZeroMemory(result);
    }

    public void Fail(Exception fault) => outcome.TrySetException(fault);

    public void Expire(string reason) => outcome.TrySetException(new KeyUnavailableException($"The key {key.Label} did not answer in time: {reason}."));

    public void Cancel(CancellationToken token) => outcome.TrySetCanceled(token);

    /// <summary>The slot failed it twice, and shall not see it again.</summary>
    public void FailedOn(TokenSlot slot)
    {
        (failedOn ??= []).Add(slot);
        IsRepeated = false;
    }

    public bool MayGoTo(TokenSlot slot) => failedOn?.Contains(slot) is not true;
}
