using Microsoft.AspNetCore.Http;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Acts;

/// <summary>The form of an act, with checked access to its fields.</summary>
/// <param name="Form">As it came.</param>
/// <param name="Who">Who sent it.</param>
/// <param name="CancellationToken">The browser gave up.</param>
internal sealed record ActInput(IFormCollection Form, OperatorIdentity Who, CancellationToken CancellationToken)
{
    private const int LongestReason = 1000;

    public string? this[string name] => Form.TryGetValue(name, out var values) && values.Count > 0 && !string.IsNullOrWhiteSpace(values[0]) ? values[0]!.Trim() : null;

    /// <summary>Where the browser goes afterwards: a page of this console, whatever the form says.</summary>
    public string Back => this["back"] is { } back && IsLocal(back) ? back : "/";

    /// <exception cref="FormatException">There is none.</exception>
    public string Reason => this["reason"] is { Length: <= LongestReason } reason ? reason : throw new FormatException("say why: an act has a reason of at most 1000 characters");

    /// <exception cref="FormatException">It is none.</exception>
    public MessageId Id => MessageId.TryParse(this["id"] ?? "", out var id) ? id : throw new FormatException("that is no id of a message");

    /// <exception cref="FormatException">One of them is none.</exception>
    public IReadOnlyList<MessageId> Ids => [.. (Form.TryGetValue("id", out var ids) ? ids.OfType<string>() : []).Distinct(StringComparer.Ordinal).Select(t => MessageId.TryParse(t, out var id) ? id : throw new FormatException("that is no id of a message"))];

    /// <exception cref="FormatException">It is missing.</exception>
    public string Required(string name) => this[name] ?? throw new FormatException($"{name} is missing");

    /// <exception cref="FormatException">One of them is none.</exception>
    public IReadOnlyList<Mailbox> Addresses(string name) =>
        [.. (this[name] ?? "").Split([',', ' ', '\n', '\r', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Address)];

    /// <exception cref="FormatException">It is none.</exception>
    public static Mailbox Address(string text) => Mailbox.TryParse(text, allowUtf8: true, out var address, out _) ? address : throw new FormatException($"'{text}' is no mail address");

    /// <summary>Of this console, and nowhere else.</summary>
    public static bool IsLocal(string path) => path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal) && !path.StartsWith("/\\", StringComparison.Ordinal) && !path.Any(char.IsControl);
}
