using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smtp.Server.Authentication;
using MilSwitch.Smtp.Server.Commands;

namespace MilSwitch.Smtp.Server;

// AUTH (RFC 4954).
public sealed partial class SmtpSession
{
    private const string External = "EXTERNAL";
    private const string Scram = "SCRAM-SHA-256";
    private const string Plain = "PLAIN";

    private string saslMechanism = "";
    private SaslStep saslStep;
    private ScramServer? scram;
    private Account? scramAccount;

    private enum SaslStep : byte { First, ScramFinal, ScramDone }

    /// <summary>Mechanisms that this session could use now, in the order of the settings, with a space between.</summary>
    private string UsableMechanisms()
    {
        if (settings.AuthMechanisms.IsEmpty || (settings.TlsMode is ListenerTlsMode.Required && !Secure)) return "";
        return string.Join(' ', settings.AuthMechanisms.Where(IsUsable));
    }

    private bool IsUsable(string mechanism) => mechanism switch
    {
        External => Secure && clientCertificate is not null,
        Plain => Secure,
        Scram => true,
        _ => false,
    };

    internal ValueTask Authenticate(ReadOnlySpan<byte> argument)
    {
        // Once per session, and not inside a transaction (§4); the table sees to the latter.
        if (Client.AuthenticatedAs is not null) return Error(Replies.BadSequence);
        if (settings.AuthMechanisms.IsEmpty) return Error(Replies.NotImplemented);
        var space = argument.IndexOf((byte)' ');
        var name = space < 0 ? argument : argument[..space];
        var initial = space < 0 ? default : argument[(space + 1)..];
        if (name.IsEmpty || initial.Contains((byte)' ')) return Error(Replies.ArgumentSyntax);
        var mechanism = settings.AuthMechanisms.FirstOrDefault(Matches(name));
        if (mechanism is null) return Error(Replies.UnknownMechanism);
        if (!IsUsable(mechanism)) return Error(Secure ? Replies.UnknownMechanism : Replies.EncryptionFirst);
        saslMechanism = mechanism;
        saslStep = SaslStep.First;
        mode = Mode.Sasl;
        // A single "=" is an empty response that is present.
        if (initial is [(byte)'=']) return Answer([]);
        return initial.IsEmpty ? Ask([]) : SaslResponse(initial);
    }

    private ValueTask SaslResponse(ReadOnlySpan<byte> line)
    {
        if (line is [(byte)'*'])
        {
            EndSasl();
            return Error(Replies.AuthenticationCancelled);
        }

        if (SaslText.TryDecode(line, out var response)) return Answer(response);
        EndSasl();
        return Error(Replies.AuthenticationSyntax);
    }

    private ValueTask Answer(byte[] response)
    {
        switch (saslMechanism, saslStep)
        {
            case (External, _):
                return Finish(ExternalAccount(response));
            case (Plain, _):
                return Finish(PlainMechanism.Check(response, services.Accounts.Find, services.Decoy));
            case (_, SaslStep.First):
                scram = new ScramServer(services.Accounts.Find, services.Decoy);
                if (scram.Start(response) is not { } challenge) return Finish(null);
                saslStep = SaslStep.ScramFinal;
                return Ask(challenge);
            case (_, SaslStep.ScramFinal):
                (scramAccount, var proof) = scram!.Finish(response);
                if (proof is null) return Finish(null);
                // SMTP has no place for data in the last answer, so the server's proof is one more challenge (RFC 4954 §4).
                saslStep = SaslStep.ScramDone;
                return Ask(proof);
            default:
                return Finish(response.Length is 0 ? scramAccount : null);
        }
    }

    // RFC 4422 appendix A: the identity comes from the certificate; the response may only repeat it.
    private Account? ExternalAccount(byte[] response)
    {
        if (clientCertificate is null || services.Accounts.FindByCertificate(clientCertificate) is not { } account) return null;
        return response.Length is 0 || CommandText.Text(response) == account.Name ? account : null;
    }

    private ValueTask Ask(ReadOnlySpan<byte> challenge)
    {
        WriteText($"334 {Convert.ToBase64String(challenge)}\r\n");
        return default;
    }

    private ValueTask Finish(Account? account)
    {
        var mechanism = saslMechanism;
        EndSasl();
        if (account is null)
        {
            SmtpMeter.AuthenticationFailures.Add(1, listenerTag, new KeyValuePair<string, object?>("mechanism", mechanism));
            SmtpServerLog.AuthenticationFailed(services.Logger, Client.Address, settings.Name, mechanism);
            // Guessing is dearer than other errors.
            errors += 3;
            return Error(Replies.AuthenticationFailed);
        }

        Become(account, mechanism);
        return Reply(Replies.Authenticated);
    }

    private void Become(Account account, string mechanism)
    {
        Client = Client with
        {
            AuthenticatedAs = account.Name,
            HighestPrecedence = account.HighestPrecedence,
            LowerPrecedence = account.LowerPrecedence,
        };
        permittedAddresses = account.Addresses;
        SmtpServerLog.Authenticated(services.Logger, Client.Address, settings.Name, account.Name, mechanism);
    }

    private void EndSasl()
    {
        mode = Mode.Command;
        saslMechanism = "";
        saslStep = SaslStep.First;
        scram = null;
        scramAccount = null;
    }

    private static Func<string, bool> Matches(ReadOnlySpan<byte> name)
    {
        var text = Encoding.Latin1.GetString(name);
        return mechanism => string.Equals(mechanism, text, StringComparison.OrdinalIgnoreCase);
    }
}
