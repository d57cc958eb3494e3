using System.Net.Sockets;
using System.Text.RegularExpressions;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>A test that is skipped, with the reason printed, where there is no buildah, or where base images can't be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed partial class BuildsImagesFactAttribute : FactAttribute
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public BuildsImagesFactAttribute() => Skip = Requirement.Missing("buildah") ?? Unreachable();

    private static string? Unreachable()
    {
        var file = File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "deploy/Dockerfile"));
        var away = Host().Matches(file).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal).Where(h => !Answers(h)).ToArray();
        return away.Length is 0 ? null : $"needs images of {string.Join(", ", away)}, which can't be reached from here";
    }

    private static bool Answers(string host)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            var connecting = socket.BeginConnect(host, 443, null, null);
            if (!connecting.AsyncWaitHandle.WaitOne(Patience)) return false;
            socket.EndConnect(connecting);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"(?m)^ARG \w+=([\w.-]+)/")]
    private static partial Regex Host();
}
