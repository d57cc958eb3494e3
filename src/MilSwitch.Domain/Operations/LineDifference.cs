namespace MilSwitch.Domain.Operations;

/// <summary>One line of a difference.</summary>
/// <param name="Mark"><c>-</c> it is gone, <c>+</c> it is new, a space: it is in both; <c>@</c>: lines that are in both were left out here.</param>
/// <param name="Text">The line; of <c>@</c> where it goes on, as <c>LINE LINE</c>.</param>
public readonly record struct DifferenceLine(char Mark, string Text);

/// <summary>The difference of two texts by lines (E. W. Myers, <em>An O(ND) Difference Algorithm</em>, 1986), bounded in work and result. Pure.</summary>
public static class LineDifference
{
    /// <summary>Lines on each side of a change.</summary>
    private const int Context = 3;

    // Texts that have less in common are shown as one that goes and one that comes.
    private const int MostEdits = 1_000;

    /// <param name="before">The lines of the first text.</param>
    /// <param name="after">The lines of the second text.</param>
    /// <param name="most">Lines of the result.</param>
    /// <returns>Empty: they are the same. And whether there would be more.</returns>
    public static (IReadOnlyList<DifferenceLine> Lines, bool IsCut) Of(IReadOnlyList<string> before, IReadOnlyList<string> after, int most)
    {
        var (head, tail) = (0, 0);
        while (head < before.Count && head < after.Count && before[head] == after[head]) head++;
        while (tail < before.Count - head && tail < after.Count - head && before[^(tail + 1)] == after[^(tail + 1)]) tail++;
        if (head == before.Count && head == after.Count) return ([], false);
        var edits = new List<(char Mark, int Before, int After)>();
        for (var i = 0; i < head; i++) edits.Add((' ', i, i));
        Middle(before, after, head, before.Count - tail, after.Count - tail, edits);
        for (var i = 0; i < tail; i++) edits.Add((' ', before.Count - tail + i, after.Count - tail + i));
        return Shown(before, after, edits, most);
    }

    private static (IReadOnlyList<DifferenceLine> Lines, bool IsCut) Shown(IReadOnlyList<string> before, IReadOnlyList<string> after, List<(char Mark, int Before, int After)> edits, int most)
    {
        var near = new bool[edits.Count];
        for (var i = 0; i < edits.Count; i++)
        {
            if (edits[i].Mark is ' ') continue;
            for (var j = Math.Max(0, i - Context); j <= Math.Min(edits.Count - 1, i + Context); j++) near[j] = true;
        }

        var lines = new List<DifferenceLine>();
        for (var i = 0; i < edits.Count; i++)
        {
            if (!near[i]) continue;
            if (lines.Count >= most) return (lines, true);
            var (mark, b, a) = edits[i];
            if (i > 0 && !near[i - 1]) lines.Add(new DifferenceLine('@', FormattableString.Invariant($"{b + 1} {a + 1}")));
            lines.Add(new DifferenceLine(mark, mark is '+' ? after[a] : before[b]));
        }

        return (lines, false);
    }

    // Between a common beginning and a common end: the furthest that is reached on each diagonal with d edits, and back along it.
    private static void Middle(IReadOnlyList<string> before, IReadOnlyList<string> after, int start, int endBefore, int endAfter, List<(char Mark, int Before, int After)> edits)
    {
        var (n, m) = (endBefore - start, endAfter - start);
        var limit = Math.Min(n + m, MostEdits);
        var furthest = new int[(2 * limit) + 3];
        var trace = new List<int[]>();
        for (var d = 0; d <= limit; d++)
        {
            for (var k = -d; k <= d; k += 2)
            {
                var x = k == -d || (k != d && furthest[limit + k] < furthest[limit + k + 2]) ? furthest[limit + k + 2] : furthest[limit + k] + 1;
                while (x < n && x - k < m && before[start + x] == after[start + x - k]) x++;
                furthest[limit + k + 1] = x;
                if (x < n || x - k < m) continue;
                trace.Add(furthest[(limit - d)..(limit + d + 3)]);
                Back(trace, start, n, m, edits);
                return;
            }

            trace.Add(furthest[(limit - d)..(limit + d + 3)]);
        }

        for (var i = 0; i < n; i++) edits.Add(('-', start + i, start));
        for (var i = 0; i < m; i++) edits.Add(('+', endBefore, start + i));
    }

    private static void Back(List<int[]> trace, int start, int n, int m, List<(char Mark, int Before, int After)> edits)
    {
        var reversed = new List<(char Mark, int Before, int After)>();
        var (x, y) = (n, m);
        for (var d = trace.Count - 1; d > 0; d--)
        {
            // As it was with one edit less: diagonal k stands at k + d there.
            var earlier = trace[d - 1];
            var k = x - y;
            var down = k == -d || (k != d && At(k - 1) < At(k + 1));
            var fromX = down ? At(k + 1) : At(k - 1);
            var fromY = fromX - (down ? k + 1 : k - 1);
            while (x > fromX + (down ? 0 : 1) && y > fromY + (down ? 1 : 0)) reversed.Add((' ', start + --x, start + --y));
            if (down) reversed.Add(('+', start + x, start + --y));
            else reversed.Add(('-', start + --x, start + y));

            int At(int diagonal) => earlier[diagonal + d];
        }

        while (x > 0 && y > 0) reversed.Add((' ', start + --x, start + --y));
        reversed.Reverse();
        edits.AddRange(reversed);
    }
}
