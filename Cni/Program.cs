using Axoneme.Cni;

using var stdin = Console.OpenStandardInput();
using var stdout = Console.OpenStandardOutput();
return new CniPlugin(Environment.GetEnvironmentVariable).Run(stdin, stdout);
