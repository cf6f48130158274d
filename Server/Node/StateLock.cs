using System.Globalization;

namespace Axoneme.Server.Node;

/// <summary>Keeps a second server out of a state directory. The file holds the process id; the kernel drops the lock with the process.</summary>
internal sealed class StateLock : IDisposable
{
    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <exception cref="ServerException">Another server has the directory, or it cannot be written.</exception>
    public static StateLock Take(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
            return new StateLock(file);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new ServerException($"--state-dir {Path.GetDirectoryName(path)}: {failure.Message}. Run as root.", failure);
        }
        catch (IOException failure)
        {
            throw new ServerException(
                $"--state-dir {Path.GetDirectoryName(path)}: another axoneme-server uses it ({failure.Message}). Stop that one, or give this one its own directories, pod CIDRs and admin address.",
                failure);
        }
    }

    public void Dispose() => _file.Dispose();
}
