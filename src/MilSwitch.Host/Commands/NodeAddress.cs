using System.CommandLine;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Commands;

/// <summary>Which node a command speaks to, and with what right: options first, then the environment, then the usual place.</summary>
internal sealed class NodeAddress
{
    public const string UsualConfiguration = "/etc/milswitch/milswitch.yaml";
    public const string UsualSocket = "/run/milswitch/admin.sock";

    private readonly Option<string?> node = new("--node")
    {
        Description = "The node: unix:/path, http://host:port or https://host:port. Else MILSWITCH_NODE, else the socket of --config",
        HelpName = "ADDRESS",
    };

    private readonly Option<string?> config = new("--config") { Description = "The node's configuration, to find its socket. Else MILSWITCH_CONFIG, else " + UsualConfiguration, HelpName = "FILE" };
    private readonly Option<string?> token = new("--token-file") { Description = "File with the bearer token. Else MILSWITCH_TOKEN_FILE", HelpName = "FILE" };
    private readonly Option<string?> certificate = new("--certificate-file") { Description = "PEM with your certificate and its key, for https. Else MILSWITCH_CERTIFICATE_FILE", HelpName = "FILE" };
    private readonly Option<string?> anchors = new("--ca-file") { Description = "Trust anchors for https, in PEM; else the system's", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { node, config, token, certificate, anchors }) command.Options.Add(option);
    }

    /// <summary>Throws <see cref="CommandFault"/> when it can't be found out.</summary>
    public NodeClient Open(ParseResult arguments, CommandEnvironment environment)
    {
        var address = arguments.GetValue(node) ?? environment.Variable("MILSWITCH_NODE") ?? FromConfiguration(arguments, environment);
        var tokenFile = arguments.GetValue(token) ?? environment.Variable("MILSWITCH_TOKEN_FILE");
        return new NodeClient(address, tokenFile, arguments.GetValue(anchors), arguments.GetValue(certificate) ?? environment.Variable("MILSWITCH_CERTIFICATE_FILE"));
    }

    private string FromConfiguration(ParseResult arguments, CommandEnvironment environment)
    {
        var named = arguments.GetValue(config) ?? environment.Variable("MILSWITCH_CONFIG");
        if (named is not null)
        {
            return ConfigurationReader.FindSocket(named) is { } socket
                ? "unix:" + socket
                : throw new CommandFault(ExitCodes.NotFound, $"{named} can't be read, or names neither node.data nor admin.socket");
        }

        return "unix:" + (ConfigurationReader.FindSocket(UsualConfiguration) ?? UsualSocket);
    }
}
