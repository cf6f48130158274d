using System.Collections.Immutable;

namespace Axoneme.Policy;

/// <summary>Reads what a <c>toPorts</c> member asks beyond ports: rules, serverNames, originatingTLS, terminatingTLS, listener.</summary>
internal static class InspectionParser
{
    private static readonly string[] Parts = ["rules", "serverNames", "terminatingTLS", "originatingTLS", "listener"];

    /// <summary>Null when nothing is asked.</summary>
    public static Inspection? Parse(FieldReader member, IReadOnlyList<WrittenPort> ports, PolicyDirection direction, PolicyScope scope)
    {
        var rules = member.Object("rules") is { } written ? RequestRuleParser.Parse(written, ports, direction, scope) : null;
        var terminating = ParseTls(member, "terminatingTLS", scope);
        var originating = ParseTls(member, "originatingTLS", scope);
        var serverNames = ParseServerNames(member);
        if (member.Count("serverNames") > 0 && member.Has("rules") && !member.Has("terminatingTLS"))
        {
            member.Refuse("serverNames", "cannot go with rules unless the proxy may decrypt; add terminatingTLS, or remove one of the two");
        }

        var listener = ParseListener(member, direction, scope);
        if (rules is null or { Protocol: not InspectionProtocol.KeyValue, Rules.IsEmpty: true }
            && serverNames.IsEmpty && terminating is null && originating is null && listener is null)
        {
            return null;
        }

        // The same words mean other secrets and listeners in another namespace.
        var text = string.Join(',', Parts.Where(member.Has).Select(part => $"\"{part}\":{CompactJson.Of(member.Raw(part)!.Value)}"));
        var dependsOnNamespace = listener is not null || text.Contains("\"secret\"", StringComparison.Ordinal);
        return new Inspection
        {
            Text = dependsOnNamespace ? $"{{{text},\"namespace\":\"{scope.Namespace}\"}}" : $"{{{text}}}",
            Protocol = rules?.Protocol ?? InspectionProtocol.Tls,
            ProtocolName = rules?.ProtocolName ?? "",
            Rules = rules?.Rules ?? [],
            ServerNames = serverNames,
            TerminatingTls = terminating,
            OriginatingTls = originating,
            Listener = listener,
        };
    }

    /// <summary>Where a secret is; the namespace is the policy's own when none is written, <c>default</c> in a cluster-wide policy.</summary>
    public static SecretReference? ParseSecret(FieldReader holder, PolicyScope scope)
    {
        if (holder.Object("secret") is not { } secret)
        {
            return null;
        }

        var name = secret.RequiredString("name", "the Secret's name");
        var ns = secret.String("namespace") is { Length: > 0 } written ? written : scope.IsClusterwide ? "default" : scope.Namespace;
        secret.Finish();
        return name is null ? null : new SecretReference(ns, name);
    }

    private static TlsContext? ParseTls(FieldReader member, string field, PolicyScope scope)
    {
        if (member.Object(field) is not { } tls)
        {
            return null;
        }

        var secret = ParseSecret(tls, scope);
        if (!tls.Has("secret"))
        {
            tls.Refuse("secret", "is missing; write the name of the Secret with the certificates");
        }

        var context = new TlsContext(secret ?? new SecretReference("", ""), tls.String("trustedCA") ?? "", tls.String("certificate") ?? "", tls.String("privateKey") ?? "");
        tls.Finish();
        return context;
    }

    private static ImmutableArray<DnsPattern> ParseServerNames(FieldReader member)
    {
        if (member.List("serverNames") is not { } list)
        {
            return [];
        }

        if (list.Count == 0)
        {
            member.Refuse("serverNames", "is empty; write a name, or leave the field out for any");
        }

        var names = ImmutableArray.CreateBuilder<DnsPattern>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (text, path) in list.Strings)
        {
            if (!seen.Add(text))
            {
                member.RefuseAt(path, $"{FieldReader.Quote(text)} is written twice; keep one");
            }
            else if (DnsNameParser.ParseServerName(member, path, text) is { } name)
            {
                names.Add(name);
            }
        }

        return names.ToImmutable();
    }

    private static ListenerReference? ParseListener(FieldReader member, PolicyDirection direction, PolicyScope scope)
    {
        if (member.Object("listener") is not { } listener)
        {
            return null;
        }

        if (direction == PolicyDirection.Ingress)
        {
            listener.Refuse("", "can only be in egress rules; remove it");
        }

        if (member.Has("rules"))
        {
            listener.Refuse("", "cannot go with rules; remove one of the two");
        }

        var name = listener.RequiredString("name", "the listener's name");
        var priority = listener.Integer("priority", 1, 100) ?? 0;
        var config = listener.Object("envoyConfig");
        if (!listener.Has("envoyConfig"))
        {
            listener.Refuse("envoyConfig", "is missing; write the name of the CiliumEnvoyConfig that has the listener");
        }

        listener.Finish();
        var kind = config?.String("kind") ?? (scope.IsClusterwide ? "CiliumClusterwideEnvoyConfig" : "CiliumEnvoyConfig");
        var configName = config?.RequiredString("name", "the name of the CiliumEnvoyConfig that has the listener");
        config?.Finish();
        if (kind is not ("CiliumEnvoyConfig" or "CiliumClusterwideEnvoyConfig"))
        {
            config!.Refuse("kind", $"must be CiliumEnvoyConfig or CiliumClusterwideEnvoyConfig, is {FieldReader.Quote(kind)}");
        }
        else if (scope.IsClusterwide && kind == "CiliumEnvoyConfig")
        {
            config!.Refuse("kind", "must be CiliumClusterwideEnvoyConfig in a cluster-wide policy, which belongs to no namespace");
        }

        return name is null || configName is null ? null : new ListenerReference(kind, configName, name, priority);
    }
}
