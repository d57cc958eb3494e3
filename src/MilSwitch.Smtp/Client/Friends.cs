using System.Runtime.CompilerServices;

// The wire's parts are tested one by one, but are nobody else's business.
[assembly: InternalsVisibleTo("MilSwitch.Smtp.Tests")]
