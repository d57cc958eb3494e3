using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server.Commands;

namespace MilSwitch.Smtp.Server;

// XCLIENT, as Postfix describes it in XCLIENT_README.
public sealed partial class SmtpSession
{
    // Those that connected may, however they are called since: XCLIENT does not override its own access control.
    private bool MayNameClients =>
        !stranger && (Secure || settings.TlsMode is not ListenerTlsMode.Required) &&
        settings.ClientNamers.Any(network => network.Contains(connectedFrom));

    internal ValueTask NameClient(ReadOnlySpan<byte> argument)
    {
        // A stranger can't tell this listener from one without XCLIENT.
        if (!MayNameClients) return Error(Replies.NotImplemented);
        if (transaction is not null) return Error(Replies.BadSequence);
        if (ClientAttributes.Read(argument) is not { } named) return Error(Replies.ArgumentSyntax);
        var account = named.Login is null ? null : services.Accounts.Find(named.Login);
        if (named.Login is not null && account is null) return Error(Replies.UnknownLogin);
        if (named.Address is not null)
        {
            if (rename is not null && !rename(named.Address)) return Reply(Replies.TooManyConnections);
            address = named.Address;
            SmtpServerLog.ClientNamed(services.Logger, connectedFrom.ToString(), settings.Name, address.ToString());
        }

        // As for a new client, except for what this command says. TLS stays up, but the certificate is not that client's.
        Client = Newcomer() with { Tls = Client.Tls, Helo = named.Helo ?? "" };
        clientCertificate?.Dispose();
        clientCertificate = null;
        permittedAddresses = null;
        if (account is not null) Become(account, "XCLIENT");
        greeted = named.Helo is not null;
        offered = greeted && named.Extended
            ? ExtensionTable.Offered(settings, Secure, UsableMechanisms(), MayStartQueues, MayNameClients)
            : Extensions.None;
        Greet();
        return default;
    }
}
