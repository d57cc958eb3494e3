using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MilSwitch.Domain.Delivery;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Switching.Links;

/// <summary>
/// The hosts of a link, asked one after the other for the recipients of one consignment (RFC 5321 §5.1): whoever one host
/// refuses for the moment, or leaves without an answer, may be taken by the next. Not thread-safe.
/// </summary>
/// <param name="recipients">How many.</param>
/// <param name="suspect">It goes out marked as a possible duplicate: a host that breaks again behind the final dot is passed over.</param>
internal sealed class HostRound(int recipients, bool suspect)
{
    private readonly HopAnswer[] answers = new HopAnswer[recipients];
    private readonly bool[] settled = new bool[recipients];

    /// <summary>By position in the consignment; complete after the first <see cref="Take"/>. Read it once, at the end.</summary>
    public ImmutableArray<HopAnswer> Answers => ImmutableCollectionsMarshal.AsImmutableArray(answers);

    /// <summary>Positions that another host may be asked for.</summary>
    public ImmutableArray<int> Open
    {
        get
        {
            if (Array.IndexOf(settled, false) < 0) return [];
            var open = ImmutableArray.CreateBuilder<int>();
            for (var i = 0; i < settled.Length; i++)
            {
                if (!settled[i]) open.Add(i);
            }

            return open.ToImmutable();
        }
    }

    /// <param name="asked">The positions that were asked for.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="target">The host.</param>
    public void Take(ImmutableArray<int> asked, TransactionResult result, string target)
    {
        var answered = result.End is TransactionEnd.Answered;
        for (var i = 0; i < asked.Length; i++)
        {
            var reply = answered ? result.Replies[i] : result.Given.IsEmpty ? null : result.Given[i];
            if (reply is null) TakeNone(asked[i], result, target);
            else Take(asked[i], reply, new HopAnswer(reply, new HopOutcome(result.HopReports, result.DeadlineDropped, answers[asked[i]].Hop.PossiblySent, result.HopTracks), target));
        }
    }

    /// <summary>A host could not be reached: who needs what earlier hosts lack is not given up before it was asked.</summary>
    public void Miss(string fault, string target)
    {
        for (var i = 0; i < settled.Length; i++)
        {
            if (!settled[i] && answers[i].Reply.IsPermanent) answers[i] = new HopAnswer(OutcomePolicy.NoAnswerBecause(fault), default, target);
        }
    }

    private void Take(int position, Reply reply, HopAnswer answer)
    {
        var lack = TransactionResult.IsLackOfTheHop(reply);
        settled[position] = !lack && !reply.IsTransient;
        // What one host lacks another may offer later: its "not now" counts for more.
        if (!lack || answers[position].Reply is not { IsTransient: true }) answers[position] = answer;
    }

    private void TakeNone(int position, TransactionResult result, string target)
    {
        // Behind the final dot the host may have it: nobody else gets it now, unless that was so before.
        var unknown = result.End is TransactionEnd.Unknown;
        settled[position] = unknown && !suspect;
        if (!unknown && answers[position].Reply is { IsTransient: true }) return;
        var possiblySent = unknown || answers[position].Hop.PossiblySent;
        answers[position] = new HopAnswer(OutcomePolicy.NoAnswerBecause(result.Fault), new HopOutcome(PossiblySent: possiblySent), target);
    }
}
