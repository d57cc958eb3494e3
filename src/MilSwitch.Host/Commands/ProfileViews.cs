using System.Text.Json.Serialization;

namespace MilSwitch.Host.Commands;

internal sealed record ProfileProblemView(string File, int Line, string Key, string Text);

internal sealed record ProfileCheckView(bool Valid, string? InForce, IReadOnlyList<ProfilePlanView> Plans, IReadOnlyList<ProfileProblemView> Problems);

internal sealed record ProfilePlanView(string Name, int Rules);

internal sealed record ProfileAddresseeView(string Address, string Role);

internal sealed record ProfileMatchView(string Rule, IReadOnlyList<string> Reasons);

internal sealed record ProfileCodeView(string Code, string? Description);

internal sealed record ProfileExplainView(
    string Plan, string At, string Precedence, string Role, IReadOnlyList<ProfileCodeView> Codes, IReadOnlyList<ProfileAddresseeView> Addressees, IReadOnlyList<ProfileMatchView> Matches,
    string? Unprofiled, string? Fault);

internal sealed record ProfileRuleCountView(string Rule, int Messages);

internal sealed record ProfileAddresseeCountView(string Address, int Action, int Information);

internal sealed record ProfileCodeCountView(string Code, string? Description, int Messages);

internal sealed record ProfileUnprofiledView(string File, string Reason, string? Fault);

internal sealed record ProfileDifferenceView(string File, IReadOnlyList<string> Before, IReadOnlyList<string> After);

internal sealed record ProfileSimulationView(
    string Plan, string? Against, int Messages, IReadOnlyList<ProfileRuleCountView> Rules, IReadOnlyList<ProfileAddresseeCountView> Addressees, IReadOnlyList<ProfileCodeCountView> Codes,
    IReadOnlyList<ProfileUnprofiledView> Unprofiled, IReadOnlyList<ProfileDifferenceView>? Differences);

/// <summary>JSON of the commands about the profiler, without reflection. Null members are written, so that a reader finds every name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ProfileCheckView))]
[JsonSerializable(typeof(ProfileExplainView))]
[JsonSerializable(typeof(ProfileSimulationView))]
internal sealed partial class ProfileJson : JsonSerializerContext;
