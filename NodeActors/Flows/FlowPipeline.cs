using System.Globalization;
using System.Text;
using Axoneme.Datapath;
using Axoneme.Hubble;
using Microsoft.AspNetCore.Http;

namespace Axoneme.NodeActors.Flows;

/// <summary>The way from the kernel's events to whoever watches them.</summary>
internal sealed class FlowPipeline : IAsyncDisposable
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();
    private readonly string _node;
    private readonly IDatapath _datapath;
    private readonly FlowCollector _collector;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;

    public FlowPipeline(string node, IDatapath datapath, IFlowMetadata metadata, int capacity, TimeProvider timeProvider)
    {
        (_node, _datapath, _timeProvider) = (node, datapath, timeProvider);
        Ring = new FlowRing(capacity);
        _collector = new FlowCollector(datapath, new FlowDecoder(metadata, timeProvider), Ring);
    }

    public FlowRing Ring { get; }

    /// <summary>Events that the kernel had no room for.</summary>
    public ulong EventsLost => DatapathCounters.From(_datapath.ReadCounters()).EventsLost;

    /// <summary>Ends when reading ends; faulted when events cannot be read.</summary>
    public Task Completion => _reading;

    public void Start() => _reading = Task.Run(() => _collector.RunAsync(_stop.Token));

    /// <summary>Writes flows as JSON lines until the client leaves, or (without <c>follow</c>) until the last one.</summary>
    /// <exception cref="BadHttpRequestException">The query is wrong; the message says how.</exception>
    public async Task MonitorAsync(HttpContext context)
    {
        var (filter, last, follow) = Read(context.Request.Query);
        context.Response.ContentType = "application/x-ndjson";
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        try
        {
            await foreach (var entry in Ring.ReadAsync(filter, last, follow, either.Token).ConfigureAwait(false))
            {
                var line = entry.Flow is { } flow ? FlowJson.Serialize(flow, _node) : FlowJson.SerializeLost(entry.Lost, _node, _timeProvider.GetUtcNow());
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(line), either.Token).ConfigureAwait(false);
                await context.Response.Body.WriteAsync(NewLine, either.Token).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            // The agent is stopping: the stream ends.
        }
    }

    /// <summary>Ends the monitors' streams, and reading.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static (FlowFilter Filter, int Last, bool Follow) Read(IQueryCollection query)
    {
        try
        {
            var words = query.Where(pair => pair.Key is not ("last" or "follow")).SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")));
            var last = query.TryGetValue("last", out var text)
                ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"last \"{text}\": must be a number of flows")
                : 0;
            var follow = query.TryGetValue("follow", out var flag) && flag.ToString() is "" or "true" or "1";
            return (FlowFilterParser.Parse(words), last, follow);
        }
        catch (FormatException exception)
        {
            throw new BadHttpRequestException(exception.Message, exception);
        }
    }
}
