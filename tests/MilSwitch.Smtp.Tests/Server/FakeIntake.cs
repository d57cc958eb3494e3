using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

/// <summary>A switch that takes everything and remembers it, unless a test says otherwise.</summary>
internal sealed class FakeIntake : IIntake, IAccountStore
{
    private long sequence;

    public List<AcceptedMessage> Messages { get; } = [];

    public List<MailRequest> Mails { get; } = [];

    public List<Recipient> Recipients { get; } = [];

    public ClientIdentity? LastClient { get; private set; }

    public int Begun { get; private set; }

    public int Disposed { get; private set; }

    public Func<MailRequest, MailDecision> OnMail { get; set; } = static _ => MailDecision.Accepted;

    public Func<Recipient, Refusal?> OnRecipient { get; set; } = static _ => null;

    /// <summary>Said with the refusal.</summary>
    public string? Detail { get; set; }

    public Func<Envelope, Refusal?> OnComplete { get; set; } = static _ => null;

    /// <summary>What the content asked for was too much; this counts instead.</summary>
    public MtPriority? LoweredTo { get; set; }

    public Dictionary<string, Account> Accounts { get; } = [];

    public Account? CertificateAccount { get; set; }

    public ValueTask<MailDecision> MailAsync(ClientIdentity client, MailRequest mail, CancellationToken cancellationToken)
    {
        LastClient = client;
        Mails.Add(mail);
        return new(OnMail(mail));
    }

    public ValueTask<Refusal?> RecipientAsync(ClientIdentity client, MailRequest mail, Recipient recipient, CancellationToken cancellationToken)
    {
        Recipients.Add(recipient);
        return new(OnRecipient(recipient));
    }

    public IIncomingMessage Begin(ClientIdentity client, Envelope envelope, StoredDocument? beside = null)
    {
        Begun++;
        return new Incoming(this, envelope);
    }

    public List<(string Client, string Domain, bool Subdomains)> QueueStarts { get; } = [];

    public QueueStart OnQueueStart { get; set; }

    public ValueTask<QueueStart> StartQueueAsync(ClientIdentity client, string domain, bool subdomains, CancellationToken cancellationToken)
    {
        QueueStarts.Add((client.AuthenticatedAs ?? client.Address, domain, subdomains));
        return new(OnQueueStart);
    }

    public Account? Find(string name) => Accounts.GetValueOrDefault(name);

    public Account? FindByCertificate(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate) => CertificateAccount;

    private sealed class Incoming(FakeIntake owner, Envelope envelope) : IIncomingMessage
    {
        public void Hold(string because) => throw new NotSupportedException();

        private readonly MemoryStream content = new();

        public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            content.Write(data.Span);
            return default;
        }

        public ValueTask<IntakeResult> CompleteAsync(CancellationToken cancellationToken)
        {
            if (owner.OnComplete(envelope) is { } refusal) return new(IntakeResult.Refused(refusal, owner.Detail));
            owner.Messages.Add(new AcceptedMessage(envelope, content.ToArray()));
            return new(IntakeResult.Accepted(MessageId.Create(1, ++owner.sequence, 0), owner.LoweredTo));
        }

        public ValueTask DisposeAsync()
        {
            owner.Disposed++;
            return default;
        }
    }
}

internal sealed record AcceptedMessage(Envelope Envelope, byte[] Content)
{
    public string Text => System.Text.Encoding.Latin1.GetString(Content);
}
