using Axoneme.Persistence;
using Microsoft.Extensions.Logging;

namespace Axoneme.ControlPlane.Engine;

public sealed partial class InProcessEngine
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Entity}: a command failed; the entity lives on")]
        public static partial void CommandFailed(ILogger logger, Exception failure, EntityAddress entity);

        [LoggerMessage(2, LogLevel.Warning, "{Entity}: {Command}, for which nobody waited, failed")]
        public static partial void TellFailed(ILogger logger, Exception failure, EntityAddress entity, string command);

        [LoggerMessage(3, LogLevel.Error, "{Entity}: {Command}, which another entity sent, failed and is lost until the next start")]
        public static partial void EffectFailed(ILogger logger, Exception failure, EntityAddress entity, string command);

        [LoggerMessage(4, LogLevel.Error, "the journal refuses writes; what is enforced stays, nothing new is accepted: {Reason}")]
        public static partial void JournalRefuses(ILogger logger, string reason);

        [LoggerMessage(5, LogLevel.Information, "the journal takes writes again")]
        public static partial void JournalRecovered(ILogger logger);

        [LoggerMessage(6, LogLevel.Error, "a group commit of {Entities} entities was refused; each is tried alone")]
        public static partial void CommitRefused(ILogger logger, Exception failure, int entities);

        [LoggerMessage(7, LogLevel.Information, "journal compacted: {Rows} rows removed")]
        public static partial void Compacted(ILogger logger, long rows);

        [LoggerMessage(8, LogLevel.Error, "journal compaction failed; it is tried again later")]
        public static partial void CompactionFailed(ILogger logger, Exception failure);

        [LoggerMessage(9, LogLevel.Critical, "the engine's maintenance failed; it goes on")]
        public static partial void MaintenanceFailed(ILogger logger, Exception failure);
    }
}
