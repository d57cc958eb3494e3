using MilSwitch.Testing;

namespace MilSwitch.Storage.Tests;

/// <summary>Stands for the tests of the shared store where they can't run.</summary>
public sealed class NoPostgreSqlTests
{
    [RequiresFact("postgres")]
    public void The_shared_store_is_tested_on_a_real_server() => Assert.Fail("PostgreSQL was installed after the tests were built: build them again.");
}
