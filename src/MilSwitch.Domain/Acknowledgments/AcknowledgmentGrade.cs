namespace MilSwitch.Domain.Acknowledgments;

/// <summary>How far it is known that a message arrived. Shown by name, each by itself: the first two are never shown as the third.</summary>
public enum AcknowledgmentGrade : byte
{
    /// <summary>A gateway took it over.</summary>
    GatewayAccepted = 1,

    /// <summary>The recipient's domain says that it is in the mailbox.</summary>
    DomainDelivered = 2,

    /// <summary>The recipient signed that it was received (RFC 2634 §2), and the signature was verified.</summary>
    RecipientVerified = 3,
}

public static class AcknowledgmentGradeExtensions
{
    /// <summary>As it stands in texts, documents and the API.</summary>
    public static string Keyword(this AcknowledgmentGrade grade) => grade switch
    {
        AcknowledgmentGrade.GatewayAccepted => "gateway-accepted",
        AcknowledgmentGrade.DomainDelivered => "domain-delivered",
        AcknowledgmentGrade.RecipientVerified => "recipient-verified",
        _ => throw new ArgumentOutOfRangeException(nameof(grade)),
    };
}
