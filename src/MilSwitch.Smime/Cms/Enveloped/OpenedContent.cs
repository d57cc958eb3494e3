namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>The result of opening. Holds a borrowed buffer when it opened: dispose it.</summary>
public sealed class OpenedContent : IDisposable
{
    /// <summary>The one text for every failure of decryption.</summary>
    public const string FailureText = "the message can't be decrypted";

    private readonly PooledOctets? _content;

    internal OpenedContent(OpeningOutcome outcome) => Outcome = outcome;

    internal OpenedContent(PooledOctets content, string contentType, bool authenticated, int recipient)
    {
        Outcome = OpeningOutcome.Opened;
        _content = content;
        ContentType = contentType;
        IsAuthenticated = authenticated;
        Recipient = recipient;
    }

    public OpeningOutcome Outcome { get; }

    /// <summary>Type of the content.</summary>
    public string ContentType { get; } = "";

    /// <summary>
    /// Whether a code covered it. False for CBC: anybody on the way may have changed it, so that it must not be shown or merged
    /// unless a signature inside holds (threat C8).
    /// </summary>
    public bool IsAuthenticated { get; }

    /// <summary>Which of <see cref="EnvelopedContent.Recipients"/> opened it; -1: none.</summary>
    public int Recipient { get; } = -1;

    /// <summary>The plaintext, until this is disposed; writable, so that inner layers can be worked on in place.</summary>
    /// <exception cref="InvalidOperationException">It did not open.</exception>
    public Memory<byte> Content => (_content ?? throw new InvalidOperationException(FailureText)).Memory;

    public void Dispose() => _content?.Dispose();
}
