namespace MilSwitch.Domain.Operations;

/// <summary>What became of an attempt to sign in.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Secret">The session's secret, for the browser's cookie alone; null unless it was done.</param>
/// <param name="Session">The session; null unless it was done.</param>
/// <param name="RetryAfter">When to try again; null: whenever.</param>
public sealed record SignIn(SignInOutcome Outcome, string? Secret = null, OperatorSession? Session = null, TimeSpan? RetryAfter = null);
