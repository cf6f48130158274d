using Axoneme.Wire.Node;
using Axoneme.Wire.Rpc;
using Axoneme.Wire.State;

namespace Axoneme.Wire.Services;

/// <summary>The method tables of <c>services.proto</c>.</summary>
internal static class ServiceMethods
{
    private const string StateStream = "axoneme.services.v1.StateStream";
    private const string NodeReports = "axoneme.services.v1.NodeReports";

    public static readonly RpcMethod<Cursor, CommitPart> Subscribe = new(StateStream, "Subscribe", Cursor.Parser, CommitPart.Parser);

    public static readonly RpcMethod<AppliedRevision, Taken> Acknowledge = new(StateStream, "Acknowledge", AppliedRevision.Parser, Taken.Parser);

    public static readonly RpcMethod<NodeRegistration, Taken> RegisterNode = new(NodeReports, "RegisterNode", NodeRegistration.Parser, Taken.Parser);

    public static readonly RpcMethod<EndpointReport, Taken> ReportEndpoint = new(NodeReports, "ReportEndpoint", EndpointReport.Parser, Taken.Parser);
}
