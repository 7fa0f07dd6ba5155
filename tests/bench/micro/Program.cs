using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CaptchaCluster.Bench.Micro;
using Perfolizer.Horology;

// In this process: what BenchmarkDotNet would build for each benchmark does not know of this repository's central package versions.
Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
    .WithWarmupCount(5).WithIterationCount(12).WithIterationTime(TimeInterval.FromMilliseconds(150));
IConfig config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)))
    .AddColumn(TargetMethodColumn.Type, TargetMethodColumn.Method, StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max)
    .AddColumnProvider(DefaultColumnProviders.Metrics)
    .AddExporter(MarkdownExporter.GitHub)
    .AddLogger(ConsoleLogger.Default);
BenchmarkSwitcher.FromAssembly(typeof(TokenBenchmarks).Assembly).Run(args, config);
