using System.Diagnostics;
using System.Runtime.Versioning;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>The folders for installing the switch, held against the program: Debian layout, unit and Dockerfile.</summary>
[SupportedOSPlatform("linux")]
public sealed class DeploymentTests : IDisposable
{
    private const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode Enter = Read | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    private readonly string folder = Directory.CreateTempSubdirectory("ms").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_image_is_built_of_all_that_the_program_takes_in()
    {
        var docker = File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "deploy/Dockerfile"));
        var outside = Directory.GetFiles(Path.Combine(ConfigurationFiles.Repository, "src"), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(f => System.Xml.Linq.XDocument.Load(f).Descendants("EmbeddedResource")).Select(r => r.Attribute("Include")?.Value ?? "").Where(i => i.StartsWith("../../", StringComparison.Ordinal))
            .Select(i => i["../../".Length..(i.LastIndexOf('/') + 1)]).ToArray();
        Assert.NotEmpty(outside);
        Assert.All(outside, folder => Assert.Contains($"COPY {folder} {folder}", docker, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Threat", "F31")]
    public async Task The_Debian_layout_holds_a_configuration_that_the_program_accepts()
    {
        var root = await InstallAsync();
        var file = root + NodeAddress.UsualConfiguration;
        var run = await CommandRun.OfAsync(["config", "check", "--config", file]);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal(NodeAddress.UsualSocket, ConfigurationReader.FindSocket(file));
        Assert.Equal((Read, Enter), (File.GetUnixFileMode(file), File.GetUnixFileMode(root + "/etc/milswitch/secrets")));
        Assert.Equal("../lib/milswitch/milswitch", new FileInfo(root + "/usr/bin/milswitch").LinkTarget);
    }

    [Fact]
    public async Task Installing_again_keeps_the_configuration_and_leaves_nothing_of_the_old_program()
    {
        var root = await InstallAsync();
        await File.AppendAllTextAsync(root + NodeAddress.UsualConfiguration, "# mine\n");
        await File.WriteAllTextAsync(root + "/usr/lib/milswitch/old.dll", "");
        await InstallAsync();
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(root + NodeAddress.UsualConfiguration), StringComparison.Ordinal);
        Assert.False(File.Exists(root + "/usr/lib/milswitch/old.dll"));
        Assert.Equal(3, (await RunAsync(Path.Combine(ConfigurationFiles.Repository, "deploy/debian-layout/install"), folder, root)).ExitCode);
    }

    [Fact]
    public async Task The_unit_agrees_with_the_layout_and_the_program()
    {
        var root = await InstallAsync();
        var unit = Unit(root + "/usr/lib/systemd/system/milswitch.service");
        var configuration = ConfigurationReader.Read(root + NodeAddress.UsualConfiguration).Configuration!;
        Assert.Equal($"/usr/lib/milswitch/milswitch run --config {NodeAddress.UsualConfiguration}", unit["ExecStart"].Single());
        Assert.True(File.Exists(root + unit["ExecStart"].Single().Split(' ')[0]));
        Assert.True(File.Exists(root + new Uri(unit["Documentation"].Single()).LocalPath));
        Assert.Equal(configuration.DataFolder, "/var/lib/" + unit["StateDirectory"].Single());
        Assert.Equal(Path.GetDirectoryName(configuration.Admin.Socket), "/run/" + unit["RuntimeDirectory"].Single());
        Assert.Equal(["1", "2", "3", "4", "6"], unit["RestartPreventExitStatus"].Single().Split(' '));
        // Without capabilities no listener may stand on a low port.
        Assert.Equal("", unit["CapabilityBoundingSet"].Single());
        Assert.All(configuration.Listeners, l => Assert.True(l.Endpoint.Port >= 1024));
        // Neither a diagnostic socket nor a dump shows keys and mail; what the node writes is its own.
        Assert.Contains("DOTNET_EnableDiagnostics=0", unit["Environment"].Single().Split(' '));
        Assert.Equal(("0", "0077"), (unit["LimitCORE"].Single(), unit["UMask"].Single()));
        Assert.Contains($"u {unit["User"].Single()} ", await File.ReadAllTextAsync(root + "/usr/lib/sysusers.d/milswitch.conf"), StringComparison.Ordinal);
    }

    [RequiresFact("systemd-analyze")]
    public async Task The_unit_is_well_formed_and_exposes_no_more_than_it_must()
    {
        var root = await InstallAsync();
        var unit = root + "/usr/lib/systemd/system/milswitch.service";
        // Paths inside the unit are this machine's; the folder of the test stands for them.
        var text = await File.ReadAllTextAsync(unit);
        await File.WriteAllTextAsync(unit, text.Replace("/usr/lib/milswitch/", root + "/usr/lib/milswitch/", StringComparison.Ordinal).Replace("/var/lib/milswitch\n", "/\n", StringComparison.Ordinal));
        var verify = await RunAsync("systemd-analyze", "verify", unit);
        // Of other units on the machine it may say what it likes.
        Assert.DoesNotContain("milswitch", verify.Error, StringComparison.Ordinal);
        Assert.Equal(0, verify.ExitCode);
        // THREATS §3: 1.5 at most; the threshold is in tenths.
        var security = await RunAsync("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit);
        Assert.True(security.ExitCode is 0, security.Output);
    }

    [Fact]
    public void The_container_is_built_from_what_is_here_and_runs_without_rights()
    {
        var text = File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "deploy/Dockerfile"));
        var lines = text.Replace("\\\n", "", StringComparison.Ordinal).Split('\n');
        string Last(string word) => lines.Last(l => l.StartsWith(word + " ", StringComparison.Ordinal))[(word.Length + 1)..];
        foreach (var argument in lines.Where(l => l.StartsWith("ARG ", StringComparison.Ordinal))) Assert.Matches(@"^ARG \w+=[\w./-]+:[1-9][\w.-]*$", argument);
        Assert.All(lines.Where(l => l.StartsWith("FROM ", StringComparison.Ordinal)), l => Assert.Contains("${", l, StringComparison.Ordinal));
        var set = YamlLookup.Documents(File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "k8s/base/statefulset.yaml"))).Single();
        Assert.Equal($"{set.Text("spec", "template", "spec", "securityContext", "runAsUser")}:{set.Text("spec", "template", "spec", "securityContext", "runAsGroup")}", Last("USER"));
        var configuration = ConfigurationReader.Read(Path.Combine(ConfigurationFiles.Repository, "k8s/overlays/single/milswitch.yaml")).Configuration!;
        Assert.Equal($"{configuration.Listeners[0].Endpoint.Port} 4053 {configuration.Metrics!.Port}", Last("EXPOSE"));
        Assert.Contains("DOTNET_EnableDiagnostics=0", Last("ENV").Split(' '));
        Assert.Equal(configuration.DataFolder, Last("VOLUME"));
        Assert.Equal($"[\"run\", \"--config\", \"{NodeAddress.UsualConfiguration}\"]", Last("CMD"));
    }

    [BuildsImagesFact]
    [Trait("Category", "Integration")]
    public async Task The_image_is_built_and_its_program_runs()
    {
        var image = "milswitch-test:" + Guid.NewGuid().ToString("N");
        var built = await RunAsync(TimeSpan.FromMinutes(30), "buildah", "build", "-f", Path.Combine(ConfigurationFiles.Repository, "deploy/Dockerfile"), "-t", image, ConfigurationFiles.Repository);
        Assert.True(built.ExitCode is 0, built.Error);
        var made = await RunAsync("buildah", "from", image);
        var container = made.Output.Trim();
        try
        {
            var version = await RunAsync("buildah", "run", container, "--", "milswitch", "--version");
            Assert.True(version.ExitCode is 0, version.Error);
            Assert.StartsWith(MilSwitch.Host.Running.ProgramVersion.Text, version.Output, StringComparison.Ordinal);
        }
        finally
        {
            await RunAsync("buildah", "rm", container);
            await RunAsync("buildah", "rmi", image);
        }
    }

    // Assignments of the unit, in their order.
    private static ILookup<string, string> Unit(string file) => File.ReadLines(file).Where(l => l.Length > 0 && l[0] is not ('#' or '['))
        .Select(l => l.Split('=', 2)).ToLookup(p => p[0], p => p[1], StringComparer.Ordinal);

    // The script at work; what it is given to install is as good as the program to it.
    private async Task<string> InstallAsync()
    {
        var published = Directory.CreateDirectory(Path.Combine(folder, "published")).FullName;
        var program = Path.Combine(published, "milswitch");
        await File.WriteAllTextAsync(program, "#!/bin/sh\n");
        File.SetUnixFileMode(program, Enter);
        var root = Path.Combine(folder, "root");
        var run = await RunAsync(Path.Combine(ConfigurationFiles.Repository, "deploy/debian-layout/install"), published, root);
        Assert.True(run.ExitCode is 0, run.Error);
        return root;
    }

    private static Task<CommandRun> RunAsync(string program, params string[] arguments) => RunAsync(TimeSpan.FromSeconds(60), program, arguments);

    private static async Task<CommandRun> RunAsync(TimeSpan within, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Requirement.Find(program) ?? program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(within);
        return new CommandRun(process.ExitCode, await output, await error);
    }
}
