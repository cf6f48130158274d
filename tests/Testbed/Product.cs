namespace Axoneme.Testbed;

/// <summary>Where the built product stands: what <c>scripts/build</c> left.</summary>
public static class Product
{
    public static string Root { get; } = FindRoot();

    public static string Server => Find("artifacts/server/axoneme-server");

    public static string Cni => Find("artifacts/bin/axoneme-cni");

    public static string Cli => Find("artifacts/bin/axoneme");

    public static string Pod => Find("artifacts/bin/axoneme-pod");

    private static string Find(string relative)
    {
        var path = Path.Combine(Root, relative);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not there: run scripts/build first");
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "ControlPlane.sln")))
            {
                return directory.FullName;
            }
        }

        return Environment.GetEnvironmentVariable("AXONEME_ROOT") ?? throw new InvalidOperationException("set AXONEME_ROOT to the checkout");
    }
}
