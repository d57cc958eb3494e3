namespace MilSwitch.Domain.Operations;

/// <summary>How persons can sign in with a browser, beside a certificate of theirs.</summary>
/// <param name="Password">With a local account.</param>
/// <param name="Provider">At the OpenID provider of this name, from <c>/sign-in/oidc</c>; null: there is none.</param>
public sealed record SignInWays(bool Password, string? Provider);
