using System.Globalization;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Intake;

/// <summary>
/// Holds clients to their rates, so that nobody takes the urgent lanes or the whole switch for himself. Asked at MAIL, where
/// a refusal costs least, and counted when the content is whole, because its header may name a level too. Thread-safe.
/// </summary>
internal sealed partial class IntakeRates(SwitchRuntime runtime)
{
    private const int Remembered = 10_000;

    private readonly OriginatorRates messages = new(Remembered);
    private readonly OriginatorRates flash = new(Remembered);
    private readonly ILogger logger = runtime.Loggers.CreateLogger<IntakeRates>();

    /// <summary>Null: it may go on.</summary>
    public Refusal? Judge(ClientIdentity client, Precedence precedence, bool count)
    {
        var rates = runtime.Configuration.Rates;
        var originator = Originator.Of(client);
        var now = runtime.Now;
        var verdict = messages.Ask(originator, rates.MessagesPerClientAndMinute, now, count);
        if (verdict != RateVerdict.Allowed) return Refuse(Refusal.TooManyMessages, rates.MessagesPerClientAndMinute, "messages");
        if (precedence < Precedence.Flash) return null;
        verdict = flash.Ask(originator, rates.FlashPerOriginatorAndMinute, now, count);
        return verdict == RateVerdict.Allowed ? null : Refuse(Refusal.TooMuchFlash, rates.FlashPerOriginatorAndMinute, "messages of flash and above");

        Refusal Refuse(Refusal refusal, int limit, string what)
        {
            if (verdict != RateVerdict.RefusedAndWorthTelling) return refusal;
            LogLimited(originator.Name, limit, what);
            // Not awaited: a flood must not be able to wait in the store's queue.
            _ = RecordAsync(string.Create(CultureInfo.InvariantCulture, $"{client.Address}: more than {limit} {what} in a minute"), client.AuthenticatedAs);
            return refusal;
        }
    }

    private async Task RecordAsync(string detail, string? account)
    {
        try
        {
            if (!await runtime.AuditAsync(AuditKind.RateLimited, detail, account, CancellationToken.None).ConfigureAwait(false)) LogNotRecorded(null);
        }
        catch (ObjectDisposedException fault)
        {
            LogNotRecorded(fault);
        }
    }

    [LoggerMessage(3301, LogLevel.Warning, "{Originator} sends more than {Limit} {What} in a minute; what is beyond is refused for now")]
    private partial void LogLimited(string originator, int limit, string what);

    [LoggerMessage(3302, LogLevel.Error, "The audit trail could not take that an originator was limited")]
    private partial void LogNotRecorded(Exception? fault);
}
