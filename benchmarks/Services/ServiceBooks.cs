using System.Net;
using Axoneme.Datapath;
using Axoneme.NodeActors.Services;
using Axoneme.NodeActors.State;
using Microsoft.Extensions.Logging.Abstractions;
using Record = Axoneme.Wire.State.Record;
using RecordKind = Axoneme.Wire.State.RecordKind;

namespace Axoneme.Benchmarks.Services;

/// <summary>The node agent's way of services into the kernel, without the agent: its model and its programmer.</summary>
internal sealed class ServiceBooks
{
    private readonly Dictionary<(RecordKind Kind, string Key), Record> _records = [];
    private readonly ServiceModel _model;
    private readonly ServiceProgrammer _programmer;

    /// <param name="maps">Where to.</param>
    /// <param name="addresses">Where node ports are.</param>
    /// <param name="options">How services are served; null for the defaults.</param>
    public ServiceBooks(ServiceMaps maps, IEnumerable<IPAddress> addresses, ServiceOptions? options = null)
    {
        options ??= new ServiceOptions();
        _model = new ServiceModel("bench", options);
        _model.SetAddresses(addresses);
        _programmer = new ServiceProgrammer(maps, new ServiceIds(0, _ => { }), options, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>Takes what the control plane tells of these services. Nothing is written.</summary>
    public void Take(IEnumerable<Record> records)
    {
        foreach (var record in records)
        {
            _records.TryGetValue((record.Kind, record.Key), out var old);
            _records[(record.Kind, record.Key)] = record;
            _model.Apply(new RecordChange(record.Kind, record.Key, old, record));
        }
    }

    /// <summary>Takes them and writes what that changes.</summary>
    public void Serve(params IEnumerable<ServedPort> services)
    {
        Take(services.SelectMany(service => service.Records()));
        Write();
    }

    /// <summary>Brings the kernel up to date.</summary>
    /// <exception cref="InvalidOperationException">It does not take everything.</exception>
    public void Write()
    {
        _programmer.Update(_model.TakeChanges());
        _programmer.RemoveStrangers();
        if (!_programmer.Flush() || _model.Problems.Concat(_programmer.Problems).ToList() is { Count: > 0 })
        {
            throw new InvalidOperationException($"services: {string.Join("; ", _model.Problems.Concat(_programmer.Problems))}");
        }
    }

    /// <summary>Removes what has been left for long enough.</summary>
    public void LetGo() => _programmer.LetGo();
}
