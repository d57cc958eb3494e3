using System.Buffers;
using System.Collections.Immutable;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Headers;

namespace MilSwitch.Smime.Making;

/// <summary>A message without its encryption. It refers to borrowed buffers, which are cleared when it is disposed.</summary>
public sealed class DecryptedMessage : IDisposable
{
    private readonly IDisposable? _buffers;
    private readonly ReadOnlySequence<byte> _message;

    internal DecryptedMessage(DecryptionOutcome outcome) => Outcome = outcome;

    internal DecryptedMessage(ReadOnlySequence<byte> message, IDisposable buffers)
    {
        Outcome = DecryptionOutcome.Opened;
        _message = message;
        _buffers = buffers;
    }

    public DecryptionOutcome Outcome { get; }

    /// <summary>For people; null when it opened. One text for every failure of decryption (threat C9).</summary>
    public string? Text => Outcome switch
    {
        DecryptionOutcome.Opened => null,
        DecryptionOutcome.NotEncrypted => "the message is not encrypted at its root",
        DecryptionOutcome.Malformed => "the message's encryption can't be read",
        DecryptionOutcome.NoKey => "none of the keys is a recipient's",
        DecryptionOutcome.Unsupported => "the message is encrypted in a way that is not known here",
        DecryptionOutcome.WeakAlgorithm => "the message is encrypted in a way that is not accepted",
        _ => OpenedContent.FailureText,
    };

    /// <summary>Until this is disposed.</summary>
    /// <exception cref="InvalidOperationException">It did not open.</exception>
    public ReadOnlySequence<byte> Message => Outcome is DecryptionOutcome.Opened ? _message : throw new InvalidOperationException(Text);

    /// <summary>Outermost first.</summary>
    public ImmutableArray<RemovedLayer> Removed { get; internal init; } = [];

    /// <summary>
    /// Every layer of encryption that was taken off carried a code. False where there was CBC: anybody on the way may have
    /// changed that, so that it must not be shown or merged unless a signature inside holds (threat C8).
    /// </summary>
    public bool IsAuthenticated { get; internal init; }

    /// <summary>How the header was protected: its fields are the protected ones then (RFC 9788 §4.5), and of those outside only what was added in transit.</summary>
    public ProtectionScheme HeaderProtection { get; internal init; }

    /// <summary>The addresses of From differ outside and inside. The outer one stays: nobody vouches for the other here (RFC 9788 §4.4.3).</summary>
    public bool FromMismatch { get; internal init; }

    public void Dispose() => _buffers?.Dispose();
}
