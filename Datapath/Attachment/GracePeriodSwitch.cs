namespace Axoneme.Datapath.Attachment;

/// <summary>
/// Switches <c>rcu_expedited</c> on for a while. A marker file, locked meanwhile, holds the value to go back to, so that the setting of a
/// process that was killed in between is put back by the next one. Where either file cannot be written, nothing is switched.
/// </summary>
/// <param name="setting">The kernel's file: 0 or 1.</param>
/// <param name="marker">On a file system that is empty after a reboot, as the setting is.</param>
internal sealed class GracePeriodSwitch(string setting, string marker)
{
    private const string Off = "0";
    private const string On = "1";
    private FileStream? _marker;

    /// <summary>Switches on, unless it is on by someone else's will.</summary>
    public void Begin()
    {
        try
        {
            var file = OpenMarker(FileMode.OpenOrCreate);
            try
            {
                RestoreFrom(file);
                if (Read() != Off)
                {
                    Drop(file);
                    return;
                }

                // First the way back, then the change.
                file.SetLength(0);
                file.Write("0"u8);
                _marker = file;
                File.WriteAllText(setting, On);
            }
            catch
            {
                _marker = null;
                Drop(file);
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Speed only: /sys or /run is read-only, or another process has switched.
        }
    }

    /// <summary>Switches back what <see cref="Begin"/> switched.</summary>
    public void End()
    {
        if (_marker is not { } file)
        {
            return;
        }

        _marker = null;
        try
        {
            RestoreFrom(file);
            Drop(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            file.Dispose(); // the marker stays, and with it the next process's chance
        }
    }

    /// <summary>Puts the setting back that a killed process left on. A living process's switch is not touched.</summary>
    public void RestoreLeftOver()
    {
        try
        {
            if (File.Exists(marker))
            {
                using var file = OpenMarker(FileMode.Open);
                RestoreFrom(file);
                Drop(file);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Locked by the living process that will switch back itself, or gone meanwhile.
        }
    }

    // FileShare.None is flock(2): the kernel unlocks when the process dies.
    private FileStream OpenMarker(FileMode mode) => new(marker, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    // An empty marker is from before the change: nothing to go back to.
    private void RestoreFrom(FileStream file)
    {
        file.Position = 0;
        if (file.ReadByte() == '0' && Read() == On)
        {
            File.WriteAllText(setting, Off);
        }
    }

    private string Read() => File.ReadAllText(setting).TrimEnd();

    private void Drop(FileStream file)
    {
        File.Delete(marker);
        file.Dispose();
    }
}
