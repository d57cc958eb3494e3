using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MilSwitch.Smime.Tests;

/// <summary>Copies of octets with one of them changed, the same ones in every run.</summary>
internal static class Mutations
{
    /// <summary>Of each sample.</summary>
    public const int Rounds = 200;

    /// <summary>All the mutants of one sample together need a few seconds at most.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Reads every mutant.</summary>
    /// <param name="name">Names the sample; the seed follows from it.</param>
    /// <param name="sound">The sample.</param>
    /// <param name="read">Takes one mutant. What it throws fails the test, with the mutation that made it.</param>
    public static async Task ForEachAsync(string name, byte[] sound, Func<byte[], Task> read)
    {
        var random = new Random(BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))));
        var at = "";
        try
        {
            await Task.Run(async () =>
            {
                for (var round = 0; round < Rounds; round++)
                {
                    var position = random.Next(sound.Length);
                    var change = random.Next(1, 256);
                    at = $"{name}, round {round}: octet {position} xor {change:x2}";
                    var mutant = (byte[])sound.Clone();
                    mutant[position] ^= (byte)change;
                    await read(mutant);
                }
            }).WaitAsync(Deadline);
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException(at, fault);
        }
    }

    /// <inheritdoc cref="ForEachAsync"/>
    public static Task ForEachAsync(string name, byte[] sound, Action<byte[]> read) => ForEachAsync(name, sound, mutant =>
    {
        read(mutant);
        return Task.CompletedTask;
    });
}
