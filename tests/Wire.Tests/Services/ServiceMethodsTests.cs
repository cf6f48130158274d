using System.Reflection;
using Axoneme.Wire.Services;

namespace Axoneme.Wire.Tests.Services;

/// <summary>The method tables are written by hand; the descriptors know better.</summary>
public sealed class ServiceMethodsTests
{
    [Fact]
    public void The_table_has_every_method_of_the_descriptors_with_its_messages()
    {
        var described = ServicesReflection.Descriptor.Services.SelectMany(service => service.Methods)
            .Select(method => $"/{method.Service.FullName}/{method.Name} {method.InputType.ClrType} {method.OutputType.ClrType}");
        var written = typeof(ServiceMethods).GetFields(BindingFlags.Static | BindingFlags.Public)
            .Select(field => (dynamic)field.GetValue(null)!)
            .Select(method => (string)$"{method.Path} {method.GetType().GenericTypeArguments[0]} {method.GetType().GenericTypeArguments[1]}");

        Assert.Equal(described.Order(), written.Order());
    }

    [Fact]
    public void Every_method_has_a_handler()
    {
        var handled = GrpcStateServer.Handlers(new FakeControlPlane(), new FakeControlPlane()).Select(handler => handler.Path);

        Assert.Equal(ServicesReflection.Descriptor.Services.SelectMany(service => service.Methods).Select(method => $"/{method.Service.FullName}/{method.Name}").Order(), handled.Order());
    }
}
