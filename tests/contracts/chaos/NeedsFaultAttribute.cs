using System.Reflection;
using CaptchaCluster.Tests.Chaos.Deployments;
using Xunit.Sdk;

namespace CaptchaCluster.Tests.Contracts.Chaos;

/// <summary>A kind of fault to ask about; skipped where it cannot be made.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class NeedsFaultAttribute : DataAttribute
{
    private readonly string kind;

    /// <param name="deployment">An <see cref="IDeployment"/>.</param>
    /// <param name="kind">Of its faults.</param>
    public NeedsFaultAttribute(Type deployment, string kind)
    {
        this.kind = kind;
        IDeployment known = (IDeployment)Activator.CreateInstance(deployment)!;
        string? obstacle = known.WhyNot ?? known.Faults.Single(fault => fault.Kind == kind).WhyNot;
        Skip = obstacle is null ? null : $"{kind}: {obstacle}";
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[kind]];
}
