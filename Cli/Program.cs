using Axoneme.Cli;

Console.Out.NewLine = "\n";
return AxonemeCommand.Run(args, Console.Out, Console.Error);
