using System.Reflection;

namespace MilSwitch.Dashboard.Tests;

/// <summary>A port of which only what a test says is asked.</summary>
public class Stub<T> : DispatchProxy
    where T : class
{
    private readonly Dictionary<string, Func<object?[], object?>> answers = new(StringComparer.Ordinal);

    public static T Of(params (string Method, Func<object?[], object?> Answer)[] answers)
    {
        var made = Create<T, Stub<T>>();
        foreach (var (method, answer) in answers) ((Stub<T>)(object)made).answers[method] = answer;
        return made;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        answers.TryGetValue(targetMethod!.Name, out var answer) ? answer(args ?? []) : throw new NotSupportedException(targetMethod.Name);
}
