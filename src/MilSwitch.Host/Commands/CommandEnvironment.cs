namespace MilSwitch.Host.Commands;

/// <summary>What a command sees of the world, so that tests can be one.</summary>
public sealed record CommandEnvironment
{
    public required TextReader Input { get; init; }

    /// <summary>Data.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Talk.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Data that is not text.</summary>
    public required Func<Stream> OpenOutput { get; init; }

    /// <summary>Input that is not text.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>A person sits at the input.</summary>
    public required bool IsInputTerminal { get; init; }

    /// <summary>A person reads the talk.</summary>
    public bool IsErrorTerminal { get; init; }

    public required Func<string, string?> Variable { get; init; }

    public static CommandEnvironment Process() => new()
    {
        Input = Console.In,
        Output = Console.Out,
        Error = Console.Error,
        OpenOutput = Console.OpenStandardOutput,
        IsInputTerminal = !Console.IsInputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        Variable = Environment.GetEnvironmentVariable,
    };
}
