using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Ess;

/// <summary>Whether a recipient has been asked for a signed receipt (RFC 2634 §2.3, §2.5). Pure.</summary>
public static class ReceiptDecision
{
    /// <param name="request">Of a verified signer of the innermost signature; null: none.</param>
    /// <param name="history">mlExpansionHistory of the outermost signature; null: none.</param>
    /// <param name="addresses">The recipient's own.</param>
    public static ReceiptOutcome Decide(ReceiptRequest? request, IReadOnlyList<MlData>? history, IReadOnlyCollection<string> addresses)
    {
        if (request is null) return No("0");
        var last = history is { Count: > 0 } ? history[^1] : null;
        if (last is { Policy: MlReceiptPolicy.None }) return No("1.2.1");
        var recipients = last?.Policy switch
        {
            MlReceiptPolicy.InsteadOf => last.Entities,
            MlReceiptPolicy.InAdditionTo => [.. request.To, .. last.Entities.Except(request.To)],
            _ => request.To,
        };
        if (request.From.List is { } listed)
            return listed.Any(e => e.HasAny(addresses)) ? new ReceiptOutcome(true, "3.1", recipients) : No("3.2");
        if (request.From.Equals(ReceiptsFrom.All)) return new ReceiptOutcome(true, "2.1", recipients);
        return last is null ? new ReceiptOutcome(true, "2.2.2", recipients) : No("2.2.1");
    }

    /// <summary>
    /// The request that verified signers make: the same in all that make one, else no receipt may be returned (§2.3).
    /// </summary>
    /// <param name="verified">Signers whose signatures are good; the others must not be looked at.</param>
    /// <param name="signer">The first that asks; null: nobody does, or not with one voice.</param>
    public static ReceiptRequest? Agreed(IEnumerable<SignerInfo> verified, out SignerInfo? signer)
    {
        signer = null;
        ReceiptRequest? agreed = null;
        foreach (var one in verified)
        {
            if (one.SignedAttributes.CountOf(AttributeTypes.ReceiptRequest) is 0) continue;
            ReceiptRequest request;
            try
            {
                request = ReceiptRequest.Read(one.SignedAttributes.Value(AttributeTypes.ReceiptRequest));
            }
            catch (CmsFormatException)
            {
                signer = null;
                return null;
            }

            if (agreed is not null && !agreed.Equals(request))
            {
                signer = null;
                return null;
            }

            (agreed, signer) = (request, signer ?? one);
        }

        return agreed;
    }

    private static ReceiptOutcome No(string step) => new(false, step, []);
}
