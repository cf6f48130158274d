namespace Axoneme.Benchmarks;

/// <summary>Figures that hold on a noisy machine: medians and rank-based intervals, no assumption about the noise.</summary>
internal static class Statistics
{
    /// <summary>The value below which a share of the samples lies (nearest rank).</summary>
    public static double Quantile(IEnumerable<double> samples, double share)
    {
        var sorted = samples.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    public static double Median(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>
    /// 95 % confidence interval of the median from order statistics: the k-th smallest and largest sample, k the largest
    /// number for which the binomial probability outside stays below 5 %.
    /// </summary>
    public static (double Low, double High) MedianInterval(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToArray();
        var n = sorted.Length;
        double outside = 0;
        var probability = Math.Pow(0.5, n);
        var k = 0;
        while (k < n / 2 && 2 * (outside + probability) <= 0.05)
        {
            outside += probability;
            probability *= (double)(n - k) / (k + 1);
            k++;
        }

        var index = Math.Max(0, k - 1);
        return (sorted[index], sorted[n - 1 - index]);
    }
}
